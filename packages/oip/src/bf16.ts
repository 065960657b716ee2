// BF16 is the upper half of an FP32, and JavaScript has no type for it: tensors hold its bit patterns.

const float = new Float32Array(1)
const bits = new Uint32Array(float.buffer)

export function numberOfBf16(pattern: number): number {
  bits[0] = pattern << 16
  return float[0] ?? 0
}

/** The nearest BF16 of the nearest FP32, ties to even; beyond its range Infinity. */
export function bf16OfNumber(value: number): number {
  if (Number.isNaN(value)) return 0x7fc0
  float[0] = value
  const pattern = bits[0] ?? 0
  return ((pattern + 0x7fff + ((pattern >>> 16) & 1)) >>> 16) & 0xffff
}
