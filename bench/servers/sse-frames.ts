/** The script of one stream; in the body of its request. */
export interface StreamOrder {
  readonly chunks: number
  readonly intervalMs: number
}

/** What every streaming row writes for a chunk: the gateway's native form. */
export const frame = 'event: chunk\ndata: {"text":"chunk "}\n\n'

/** What each of them has, and no other event. */
export const frameMark = 'event: chunk\n'

/** The text whose words the echo backend streams as those chunks. */
export function textOf({ chunks }: StreamOrder): string {
  return 'chunk '.repeat(chunks)
}
