import type { AudioPart, ChatMessage, FilePart, ImagePart, TextPart } from '../../../kernel/chat.ts'
import { AstraError } from '../../../kernel/errors.ts'
import type { JsonObject } from '../../dialect.ts'
import { audioTypes } from './read-parts.ts'

/** For what the canonical form asks and the protocol has no words for. */
export function unwritten(field: string): AstraError {
  return new AstraError('unsupported', {
    field,
    detail: `"${field}" cannot be passed to this model`,
    next: 'Leave it out, or use a version whose backend has it.',
  })
}

/** A single text as a string, the form that every server knows. */
export function writeText(content: readonly TextPart[]): string | readonly TextPart[] {
  const [only, another] = content
  if (only === undefined) return ''
  return another === undefined ? only.text : content
}

type UserContent = Extract<ChatMessage, { role: 'user' }>['content']

export function writeUserContent(content: UserContent): string | readonly JsonObject[] {
  const [only, another] = content
  if (only === undefined) return ''
  return only.type === 'text' && another === undefined ? only.text : content.map(writePart)
}

function writePart(part: UserContent[number]): JsonObject {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text }
    case 'image':
      return writeImage(part)
    case 'audio':
      return { type: 'input_audio', input_audio: { data: part.base64, format: audioFormat(part) } }
    case 'file':
      return { type: 'file', file: writeFile(part) }
  }
}

function writeImage({ source, detail }: ImagePart): JsonObject {
  const url = 'url' in source ? source.url : dataUrl(source)
  return { type: 'image_url', image_url: { url, ...(detail ? { detail } : {}) } }
}

function writeFile(part: FilePart): JsonObject {
  // Upstream wants a name with the data.
  return { filename: part.name ?? `document.${part.mediaType.split('/')[1] ?? 'bin'}`, file_data: dataUrl(part) }
}

function audioFormat({ mediaType }: AudioPart): string {
  const found = Object.entries(audioTypes).find(([, type]) => type === mediaType)
  if (found === undefined) throw unwritten(mediaType)
  return found[0]
}

function dataUrl({ mediaType, base64 }: { readonly mediaType: string; readonly base64: string }): string {
  return `data:${mediaType};base64,${base64}`
}
