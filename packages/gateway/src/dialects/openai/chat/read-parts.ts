import type { AudioPart, ChatMessage, FilePart, ImagePart, TextPart } from '../../../kernel/chat.ts'
import type { JsonObject } from '../../dialect.ts'
import { listAt, objectAt, textAt } from '../../values.ts'
import { base64At, dataUrlAt, refuseUnknown, type SilentField, uncarried, wordAt } from './fields.ts'

type UserPart = Extract<ChatMessage, { role: 'user' }>['content'][number]

export function readUserParts(content: unknown, path: string): readonly UserPart[] {
  return readParts(content, path, userParts)
}

export function readTextParts(content: unknown, path: string): readonly TextPart[] {
  return readParts(content, path, textParts)
}

type ReadPart<Part> = (part: JsonObject, path: string) => Part
type PartTable<Part> = Readonly<Record<string, ReadPart<Part>>>

function readParts<Part>(
  content: unknown,
  path: string,
  table: PartTable<Part | TextPart>,
): readonly (Part | TextPart)[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  const types = Object.keys(table)
  return listAt(content, path).map((value, index) => {
    const at = `${path}/${index}`
    const part = objectAt(value, at)
    const type = wordAt(part.type, `${at}/type`, types)
    refuseUnknown(part, { type: true, [type]: true }, hints, at)
    const read = table[type]
    if (read === undefined) throw uncarried(type, `${at}/type`)
    return read(part, at)
  })
}

const hints: Readonly<Record<string, SilentField>> = {
  prompt_cache_breakpoint: { why: 'a hint about caching' },
  cache_control: { why: 'a hint about caching' },
}

const textParts: PartTable<TextPart> = {
  text: ({ text }, path) => ({ type: 'text', text: textAt(text, `${path}/text`) }),
  refusal: ({ refusal }, path) => ({ type: 'text', text: textAt(refusal, `${path}/refusal`) }),
}

const userParts: PartTable<UserPart> = {
  text: ({ text }, path) => ({ type: 'text', text: textAt(text, `${path}/text`) }),
  image_url: readImage,
  input_audio: readAudio,
  file: readFile,
}

function readImage(part: JsonObject, path: string): ImagePart {
  const at = `${path}/image_url`
  // Some servers, and so some clients, know the URL alone.
  const image = typeof part.image_url === 'string' ? { url: part.image_url } : objectAt(part.image_url, at)
  refuseUnknown(image, { url: true, detail: true }, {}, at)
  const url = textAt(image.url, `${at}/url`)
  return {
    type: 'image',
    source: /^data:/i.test(url) ? dataUrlAt(url, `${at}/url`) : { url },
    ...(image.detail === undefined || image.detail === null
      ? {}
      : { detail: wordAt(image.detail, `${at}/detail`, ['auto', 'low', 'high']) }),
  }
}

export const audioTypes = { wav: 'audio/wav', mp3: 'audio/mpeg' } as const

function readAudio(part: JsonObject, path: string): AudioPart {
  const at = `${path}/input_audio`
  const audio = objectAt(part.input_audio, at)
  refuseUnknown(audio, { data: true, format: true }, {}, at)
  const format = wordAt(audio.format, `${at}/format`, ['wav', 'mp3'])
  return { type: 'audio', mediaType: audioTypes[format], base64: base64At(audio.data, `${at}/data`) }
}

function readFile(part: JsonObject, path: string): FilePart {
  const at = `${path}/file`
  const file = objectAt(part.file, at)
  refuseUnknown(file, { file_data: true, filename: true }, {}, at)
  const name = file.filename ?? undefined
  return {
    type: 'file',
    ...dataUrlAt(file.file_data, `${at}/file_data`),
    ...(name === undefined ? {} : { name: textAt(name, `${at}/filename`) }),
  }
}
