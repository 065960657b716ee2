import type { FilePart, ImagePart, TextPart } from '../../../kernel/chat.ts'
import { given } from '../../json.ts'
import {
  always,
  byType,
  form,
  listOf,
  membersOf,
  only,
  optional,
  type Read,
  required,
  unsupported,
} from '../../members.ts'
import { textAt } from '../../values.ts'
import { dataUrlAt } from '../chat/fields.ts'

/** Content parts of the input, by the roles that may hold them. */

/** Marks where a prompt cache may end: a matter of cost. */
const cacheMark = { prompt_cache_breakpoint: always }

const textForm = form(['type', 'text'], cacheMark)
/** Of an earlier answer: citations and probabilities tell about its words, and are none. */
const answeredForm = form(['type', 'text'], { annotations: always, logprobs: always })
const refusalForm = form(['type', 'refusal'], {})
const imageForm = form(['type', 'image_url', 'detail'], cacheMark)
const fileForm = form(['type', 'file_data', 'filename'], { ...cacheMark, detail: only('auto') })

const inputText: Read<TextPart> = (value, path) =>
  textPart(required(membersOf(value, path, textForm), 'text', path, textAt))

const outputText: Read<TextPart> = (value, path) =>
  textPart(required(membersOf(value, path, answeredForm), 'text', path, textAt))

const refusal: Read<TextPart> = (value, path) =>
  textPart(required(membersOf(value, path, refusalForm), 'refusal', path, textAt))

const inputImage: Read<ImagePart> = (value, path) => {
  const members = membersOf(value, path, imageForm)
  const url = required(members, 'image_url', path, textAt)
  return {
    type: 'image',
    source: /^data:/i.test(url) ? dataUrlAt(url, `${path}/image_url`) : { url },
    ...given({ detail: optional(members, 'detail', path, imageDetail) }),
  }
}

const inputFile: Read<FilePart> = (value, path) => {
  const members = membersOf(value, path, fileForm)
  const data = required(members, 'file_data', path, dataUrlAt)
  return { type: 'file', ...data, ...given({ name: optional(members, 'filename', path, textAt) }) }
}

const imageDetail: Read<'auto' | 'low' | 'high'> = (value, path) => {
  if (value === 'auto' || value === 'low' || value === 'high') return value
  throw unsupported(textAt(value, path), path)
}

export const readSystemContent = content(byType({ input_text: inputText }))
export const readUserContent = content(
  byType<TextPart | ImagePart | FilePart>({ input_text: inputText, input_image: inputImage, input_file: inputFile }),
)
export const readAssistantContent = content(byType({ output_text: outputText, input_text: inputText, refusal }))
export const readToolContent = content(byType<TextPart | ImagePart>({ input_text: inputText, input_image: inputImage }))

/** A string stands for one part of text. */
function content<T>(part: Read<T>): Read<readonly (T | TextPart)[]> {
  const parts = listOf(part)
  return (value, path) => (typeof value === 'string' ? [textPart(value)] : parts(value, path))
}

export function textPart(words: string): TextPart {
  return { type: 'text', text: words }
}
