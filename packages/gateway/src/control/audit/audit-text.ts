/** Longer states are cut: the log must stay readable and cheap to keep. */
export const auditBytesMax = 64 * 1024
const cutMark = '…(cut)'
const targetLengthMax = 300

/** One of our keys, wherever it was put by mistake, say as an id. */
const keyForm = /astra_[\w-]{49}/g
/** A JSON Web Token. */
const tokenForm = /eyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g

/** JSON of a state, without secrets and within the bound; undefined for nothing. */
export function auditText(state: unknown): string | undefined {
  const text = JSON.stringify(state)
  return text === undefined ? undefined : cut(masked(text), auditBytesMax)
}

/**
 * The path of an operation with what its input says: "/keys/key_3f9a…". Of an input that was not read yet, as far as it is text. Whoever
 * takes a key for its handle has it hidden, whatever form it has.
 */
export function auditTarget(path: string, input: unknown, isKey: (text: string) => boolean): string {
  const fields: Readonly<Record<string, unknown>> = typeof input === 'object' && input !== null ? { ...input } : {}
  const filled = path.replaceAll(/\{(\w+)\}/g, (place, name) => {
    const value = fields[name]
    if (typeof value !== 'string') return place
    return isKey(value) ? '***' : value.slice(0, targetLengthMax)
  })
  return masked(filled).slice(0, targetLengthMax)
}

function masked(text: string): string {
  return text.replaceAll(keyForm, '***').replaceAll(tokenForm, '***')
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
