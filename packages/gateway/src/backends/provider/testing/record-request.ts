import type { ChatRequest } from '../../../kernel/chat.ts'
import { Secret } from '../../../kernel/secret.ts'
import { toFault } from '../fault.ts'
import { open } from '../open-models.ts'
import { rehearse } from '../rehearse.ts'
import type { ProviderSettings } from '../settings.ts'
import { writeChat } from '../write-chat.ts'

/** The body that a vendor would be sent for a chat; throws what refuses it. */
export async function recordRequest(settings: ProviderSettings, request: ChatRequest): Promise<string> {
  let body = ''
  const opened = await open(settings, { apiKey: new Secret('recorded') }, async (_, init) => {
    body = String(init?.body)
    return new Response(new ReadableStream({ start: (controller) => controller.close() }))
  })
  try {
    const options = writeChat(request, opened.provider, opened.upstream)
    await rehearse(request, options, opened)
    const { stream } = await opened.chat().doStream(options)
    await stream.cancel()
    return body
  } catch (thrown) {
    throw toFault(thrown, opened.upstream, false)
  }
}
