import type {
  AudioPart,
  FilePart,
  ImagePart,
  ReasoningPart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from '../../../kernel/chat.ts'
import { AstraError } from '../../../kernel/errors.ts'
import type { JsonObject } from '../../dialect.ts'
import { given } from '../../json.ts'

/** Canonical messages as items of `input`. */

export function writeUserPart(part: TextPart | ImagePart | AudioPart | FilePart): JsonObject {
  switch (part.type) {
    case 'text':
      return { type: 'input_text', text: part.text }
    case 'image':
      return { type: 'input_image', image_url: imageUrl(part), detail: part.detail ?? 'auto' }
    case 'file':
      return { type: 'input_file', ...given({ filename: part.name }), file_data: dataUrl(part) }
    case 'audio':
      throw wordlessError('audio')
  }
}

type AnswerPart = TextPart | ReasoningPart | ToolCallPart

/** Text parts that follow each other are one message; everything else is an item of its own. */
export function writeAssistant(parts: readonly AnswerPart[]): readonly JsonObject[] {
  const items: JsonObject[] = []
  let words: JsonObject[] = []
  const endMessage = (): void => {
    if (words.length > 0) items.push({ role: 'assistant', content: words })
    words = []
  }
  for (const part of parts) {
    if (part.type === 'text') words.push({ type: 'output_text', text: part.text })
    else {
      endMessage()
      items.push(...(part.type === 'tool-call' ? [writeCall(part)] : writeReasoning(part)))
    }
  }
  endMessage()
  return items
}

/** A failure has no member of its own in this protocol: it is told to the model in words, before what the tool said. */
export function writeResult({ id, content, failed }: ToolResultPart): JsonObject {
  const parts = failed ? [{ type: 'text', text: 'The tool failed.' } as const, ...content] : content
  const [first] = parts
  const output = parts.length === 1 && first?.type === 'text' ? first.text : parts.map(writeUserPart)
  return { type: 'function_call_output', call_id: id, output }
}

function writeCall(part: ToolCallPart): JsonObject {
  return { type: 'function_call', call_id: part.id, name: part.tool, arguments: part.arguments }
}

/** Only what the vendor itself wrote means anything to it: readable reasoning, and another vendor's proof of it, stay out. */
function writeReasoning({ text, redacted }: ReasoningPart): readonly JsonObject[] {
  if (redacted === undefined) return []
  const summary = text === '' ? [] : [{ type: 'summary_text', text }]
  return [{ type: 'reasoning', summary, encrypted_content: redacted }]
}

function imageUrl({ source }: ImagePart): string {
  return 'url' in source ? source.url : dataUrl(source)
}

function dataUrl({ mediaType, base64 }: { readonly mediaType: string; readonly base64: string }): string {
  return `data:${mediaType};base64,${base64}`
}

/** For what the protocol has no words for, by its canonical name. */
export function wordlessError(name: string): AstraError {
  return new AstraError('unsupported', {
    field: name,
    detail: `This model is served through OpenAI's responses, which have no "${name}"`,
    next: 'Leave it out, or use another model.',
  })
}
