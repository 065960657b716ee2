/** Longer states are cut: the log must stay readable and cheap to keep. */
export const auditBytesMax = 64 * 1024
const cutMark = '…(cut)'
const targetLengthMax = 300

/** One of our keys, wherever it was put by mistake, say as an id. */
const keyForm = /astra_[\w-]{49}/g
/** A JSON Web Token. */
const tokenForm = /eyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g

/** Hides what a text holds of keys and tokens. */
export type Mask = (text: string) => string

/** Those of our forms, and the given ones, which may have any: an operator chose them. As they are, and as JSON has them. */
export function maskOf(chosen: readonly string[]): Mask {
  const literals = chosen.flatMap((key) => [key, JSON.stringify(key).slice(1, -1)]).filter((literal) => literal !== '')
  return (text) => {
    const left = literals.reduce((left, literal) => left.replaceAll(literal, '***'), text)
    return left.replaceAll(keyForm, '***').replaceAll(tokenForm, '***')
  }
}

/** JSON of a state, without secrets and within the bound; undefined for nothing. */
export function auditText(state: unknown, mask: Mask): string | undefined {
  const text = JSON.stringify(state)
  return text === undefined ? undefined : cut(mask(text), auditBytesMax)
}

/**
 * The path of an operation with what its input says: "/keys/key_3f9a…". Of an input that was not read yet, as far as it is text. Whoever
 * takes a key for its handle has it hidden, whatever form it has.
 */
export function auditTarget(
  path: string,
  input: unknown,
  { isKey, mask }: { readonly isKey: (text: string) => boolean; readonly mask: Mask },
): string {
  const fields: Readonly<Record<string, unknown>> = typeof input === 'object' && input !== null ? { ...input } : {}
  const filled = path.replaceAll(/\{(\w+)\}/g, (place, name) => {
    const value = fields[name]
    if (typeof value !== 'string') return place
    return isKey(value) ? '***' : mask(value).slice(0, targetLengthMax)
  })
  return mask(filled).slice(0, targetLengthMax)
}

function cut(text: string, bytesMax: number): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= bytesMax) return text
  const room = bytesMax - Buffer.byteLength(cutMark)
  // What is left of a character that was cut in two goes as well.
  return (
    bytes
      .subarray(0, room)
      .toString()
      .replace(/\uFFFD$/, '') + cutMark
  )
}
