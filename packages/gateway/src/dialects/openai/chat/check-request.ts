import { isJsonObject } from '../../../kernel/schema/facets.ts'
import type { AcceptHalf, JsonObject } from '../../dialect.ts'
import { isGiven, isTrue, refuseStored, type StoredObjects } from '../../stored-objects.ts'
import { booleanAt, wrongAt } from '../../values.ts'

/** What any backend of the dialect would refuse, and what none may be asked for. */
export function checkChatRequest(body: JsonObject): ReturnType<AcceptHalf['check']> {
  refuseStored(body, '', storedChat)
  const { messages, stream } = body
  if (!Array.isArray(messages) || messages.length === 0)
    throw wrongAt('/messages', 'must be a list with at least one message')
  for (const [at, message] of messages.entries()) checkMessage(message, `/messages/${at}`)
  return { items: 1, stream: booleanAt(stream ?? false, '/stream') }
}

function checkMessage(message: unknown, path: string): void {
  if (!isJsonObject(message)) throw wrongAt(path, 'must be an object')
  const { audio, content } = message
  if (isJsonObject(audio)) refuseStored(audio, `${path}/audio`, storedAudio)
  if (!Array.isArray(content)) return
  for (const [at, part] of content.entries()) {
    if (isJsonObject(part) && isJsonObject(part.file)) refuseStored(part.file, `${path}/content/${at}/file`, storedFile)
  }
}

const storedChat: StoredObjects = {
  store: { isMeant: isTrue, detail: 'Chat completions are not stored here', next: 'Send "store": false.' },
}

const storedAudio: StoredObjects = {
  id: { isMeant: isGiven, detail: 'Earlier audio answers are not stored here', next: 'Send what was said as text.' },
}

const storedFile: StoredObjects = {
  file_id: { isMeant: isGiven, detail: 'Files are not stored here', next: 'Send the file itself in "file_data".' },
}
