/** Vectors as the protocol packs them: float32, little-endian, in base64. */

const bytesEach = 4

export function floatsToBase64(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * bytesEach)
  for (const [at, value] of vector.entries()) bytes.writeFloatLE(value, at * bytesEach)
  return bytes.toString('base64')
}

/** Undefined where the text holds no whole vector of numbers. */
export function floatsFromBase64(text: string): readonly number[] | undefined {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length % bytesEach !== 0) return undefined
  const vector = Array.from({ length: bytes.length / bytesEach }, (_, at) => bytes.readFloatLE(at * bytesEach))
  return vector.every(Number.isFinite) ? vector : undefined
}
