import { isData } from '../../kernel/is-data.ts'

/** What images, sounds and documents of a chat come to. */
export interface Media {
  /** Estimated. */
  readonly tokens: number
  /** Of their data, which are no text. */
  readonly bytes: number
}

interface Kind {
  readonly tokens: number
  /** Beside those, a token for so many bytes of data. */
  readonly bytesPerToken: number
}

/** A large picture is 1,100 to 1,600 tokens at the vendors, whatever its bytes. */
const image: Kind = { tokens: 1600, bytesPerToken: Number.POSITIVE_INFINITY }
/** 10 to 32 tokens a second, of which the densest codecs make some 10 kB of base64. */
const sound: Kind = { tokens: 0, bytesPerToken: 256 }
/** A page is text and picture; pages of pure text are small. */
const document: Kind = { tokens: 1600, bytesPerToken: 32 }

/** By the `type` of a part, in the canonical form and in the dialects. */
const kinds: ReadonlyMap<unknown, Kind> = new Map([
  ['image', image],
  ['image_url', image],
  ['input_image', image],
  ['audio', sound],
  ['input_audio', sound],
  ['audio_url', sound],
  ['file', document],
  ['input_file', document],
  ['document', document],
  ['video_url', document],
])

/** In the name of each of them. */
const words = /image|audio|file|document|video_url/

/** Undefined where there are none. `value`: a request, or inputs; `json`: the same as text, which most often tells as much. */
export function mediaIn(value: unknown, json: Buffer | string): Media | undefined {
  if (!words.test(typeof json === 'string' ? json : json.toString('latin1'))) return undefined
  let tokens = 0
  let bytes = 0
  const open: unknown[] = [value]
  while (open.length > 0) {
    const present = open.pop()
    if (typeof present !== 'object' || present === null) continue
    const kind = kinds.get((present as { readonly type?: unknown }).type)
    if (kind) {
      const data = dataBytes(present)
      tokens += kind.tokens + Math.ceil(data / kind.bytesPerToken)
      bytes += data
    } else for (const member of Object.values(present)) if (typeof member === 'object') open.push(member)
  }
  return tokens === 0 ? undefined : { tokens, bytes }
}

/** Of the base64 and data URLs in a part; its other texts are text. */
function dataBytes(part: object): number {
  let bytes = 0
  const open: unknown[] = [part]
  while (open.length > 0) {
    const present = open.pop()
    if (typeof present === 'string') {
      if (isData(present)) bytes += present.length
    } else if (typeof present === 'object' && present !== null)
      for (const value of Object.values(present)) open.push(value)
  }
  return bytes
}
