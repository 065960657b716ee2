import type { Tensor } from '@astraapi/oip'

// A text of its own: V8's header and length, and the place in the array.
const TEXT_BYTES = 24

/** About how much memory tensors take. */
export function byteCount(tensors: readonly Tensor[]): number {
  return tensors.reduce((sum, { data }) => {
    if (ArrayBuffer.isView(data)) return sum + data.byteLength
    return data.reduce((bytes, text) => bytes + TEXT_BYTES + text.length, sum)
  }, 0)
}
