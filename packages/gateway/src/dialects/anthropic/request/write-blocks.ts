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
import { toolInput } from '../json.ts'
import { notInAnthropic } from './refusal.ts'

type Part = TextPart | ImagePart | AudioPart | FilePart | ReasoningPart | ToolCallPart | ToolResultPart

/** Canonical parts as content blocks; `path` is their list's JSON Pointer in the canonical request. */
export function writeBlocks(parts: readonly Part[], path: string): JsonObject[] {
  return parts.flatMap<JsonObject>((part, index) => writeBlock(part, `${path}/${index}`) ?? [])
}

/** Undefined for what says nothing here. */
function writeBlock(part: Part, path: string): JsonObject | undefined {
  const write = writers[part.type] as (part: Part, path: string) => JsonObject | undefined
  return write(part, path)
}

type Writers = {
  readonly [T in Part['type']]: (part: Extract<Part, { type: T }>, path: string) => JsonObject | undefined
}

const writers: Writers = {
  // Empty text blocks are refused by Anthropic; other protocols send them beside tool calls.
  text: ({ text }) => (text === '' ? undefined : { type: 'text', text }),
  image: ({ detail, source }, path) => {
    // Images are always read in full: any other wish than a coarse look is met.
    if (detail === 'low') throw notInAnthropic('detail: low', `${path}/detail`)
    return { type: 'image', source: 'url' in source ? { type: 'url', url: source.url } : base64Source(source) }
  },
  audio: (_, path) => {
    throw notInAnthropic('audio', path)
  },
  file: (part, path) => ({
    type: 'document',
    source: documentSource(part, path),
    ...(part.name === undefined ? {} : { title: part.name }),
  }),
  reasoning: ({ text, signature, redacted }) => {
    if (redacted !== undefined) return { type: 'redacted_thinking', data: redacted }
    // Anthropic takes back only reasoning that it signed; that of another vendor means nothing to its models.
    return signature === undefined ? undefined : { type: 'thinking', thinking: text, signature }
  },
  'tool-call': ({ id, tool, arguments: argumentsText }, path) => {
    const input = toolInput(argumentsText)
    if (input) return { type: 'tool_use', id: toolUseId(id), name: tool, input }
    const violation = { path: `${path}/arguments`, message: 'must be the JSON text of an object' }
    throw new AstraError('invalid_input', {
      detail: 'The arguments of a tool call are no JSON object',
      violations: [violation],
    })
  },
  'tool-result': ({ id, content, failed }, path) => ({
    type: 'tool_result',
    tool_use_id: toolUseId(id),
    content: writeBlocks(content, `${path}/content`),
    ...(failed === undefined ? {} : { is_error: failed }),
  }),
}

function documentSource({ mediaType, base64 }: FilePart, path: string): JsonObject {
  if (mediaType === 'application/pdf') return base64Source({ mediaType, base64 })
  if (mediaType === 'text/plain') {
    return { type: 'text', media_type: mediaType, data: Buffer.from(base64, 'base64').toString() }
  }
  throw notInAnthropic(`a file of type ${mediaType}`, `${path}/mediaType`)
}

function base64Source({ mediaType, base64 }: { readonly mediaType: string; readonly base64: string }): JsonObject {
  return { type: 'base64', media_type: mediaType, data: base64 }
}

/** Anthropic allows letters, digits, "_" and "-" in ids; some vendors use more. A call and its result are rewritten alike. */
function toolUseId(id: string): string {
  return id.replace(/[^a-zA-Z0-9_-]/gu, (character) => `_${character.codePointAt(0)?.toString(16)}`)
}
