import type {
  FilePart,
  ImagePart,
  ReasoningPart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from '../../../kernel/chat.ts'
import { byType, form, listOf, membersOf, optional, type Read, required } from '../../members.ts'
import { booleanAt, objectAt, textAt } from '../../values.ts'
import { blockPasses, documentPasses, toolUsePasses } from './passes.ts'

/** Content blocks of a request as canonical parts. */

const textForm = form(['type', 'text'], blockPasses)
const textBlock: Read<TextPart> = (value, path) => ({
  type: 'text',
  text: required(membersOf(value, path, textForm), 'text', path, textAt),
})

const imageForm = form(['type', 'source'], blockPasses)
const dataForm = form(['type', 'media_type', 'data'])
const urlForm = form(['type', 'url'])
const imageSource = byType<ImagePart['source']>({
  base64: (value, path) => base64Source(value, path),
  url: (value, path) => ({ url: required(membersOf(value, path, urlForm), 'url', path, textAt) }),
})
const imageBlock: Read<ImagePart> = (value, path) => ({
  type: 'image',
  source: required(membersOf(value, path, imageForm), 'source', path, imageSource),
})

const documentForm = form(['type', 'source', 'title'], documentPasses)
const documentSource = byType<FilePart | TextPart>({
  base64: (value, path) => ({ type: 'file', ...base64Source(value, path) }),
  text: (value, path) => ({ type: 'text', text: required(membersOf(value, path, dataForm), 'data', path, textAt) }),
})
const documentBlock: Read<FilePart | TextPart> = (value, path) => {
  const members = membersOf(value, path, documentForm)
  const source = required(members, 'source', path, documentSource)
  const name = optional(members, 'title', path, textAt)
  if (name === undefined) return source
  // A text part has no name: with a title, the text stays a document.
  if (source.type === 'file') return { ...source, name }
  return { type: 'file', mediaType: 'text/plain', base64: Buffer.from(source.text).toString('base64'), name }
}

const resultForm = form(['type', 'tool_use_id', 'content', 'is_error'], blockPasses)
const resultPart = byType<TextPart | ImagePart>({ text: textBlock, image: imageBlock })
const resultBlock: Read<ToolResultPart> = (value, path) => {
  const members = membersOf(value, path, resultForm)
  const failed = optional(members, 'is_error', path, booleanAt)
  return {
    type: 'tool-result',
    id: required(members, 'tool_use_id', path, textAt),
    content: optional(members, 'content', path, textOr(resultPart)) ?? [],
    ...(failed === undefined ? {} : { failed }),
  }
}

const toolUseForm = form(['type', 'id', 'name', 'input'], toolUsePasses)
const toolUseBlock: Read<ToolCallPart> = (value, path) => {
  const members = membersOf(value, path, toolUseForm)
  return {
    type: 'tool-call',
    id: required(members, 'id', path, textAt),
    tool: required(members, 'name', path, textAt),
    arguments: JSON.stringify(required(members, 'input', path, objectAt)),
  }
}

const thinkingForm = form(['type', 'thinking', 'signature'])
const thinkingBlock: Read<ReasoningPart> = (value, path) => {
  const members = membersOf(value, path, thinkingForm)
  const signature = optional(members, 'signature', path, textAt)
  // An empty signature is what the reasoning of a model without signatures was written with.
  return { type: 'reasoning', text: required(members, 'thinking', path, textAt), ...(signature ? { signature } : {}) }
}

const redactedForm = form(['type', 'data'])
const redactedBlock: Read<ReasoningPart> = (value, path) => ({
  type: 'reasoning',
  text: '',
  redacted: required(membersOf(value, path, redactedForm), 'data', path, textAt),
})

/** Content is a text or a list of blocks everywhere. */
function textOr<T>(block: Read<T>): Read<readonly (T | TextPart)[]> {
  const blocks = listOf(block)
  return (value, path) => (typeof value === 'string' ? [{ type: 'text', text: value }] : blocks(value, path))
}

export const systemContent = textOr(byType({ text: textBlock }))
export const userContent = textOr(
  byType<TextPart | ImagePart | FilePart | ToolResultPart>({
    text: textBlock,
    image: imageBlock,
    document: documentBlock,
    tool_result: resultBlock,
  }),
)
export const assistantContent = textOr(
  byType<TextPart | ReasoningPart | ToolCallPart>({
    text: textBlock,
    thinking: thinkingBlock,
    redacted_thinking: redactedBlock,
    tool_use: toolUseBlock,
  }),
)

function base64Source(value: unknown, path: string): { readonly mediaType: string; readonly base64: string } {
  const members = membersOf(value, path, dataForm)
  return {
    mediaType: required(members, 'media_type', path, textAt),
    base64: required(members, 'data', path, textAt),
  }
}
