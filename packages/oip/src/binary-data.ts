import { isUtf8 } from 'node:buffer'
import { endianness } from 'node:os'
import { DATATYPES, type Datatype, type TensorData } from './datatype.ts'

// The protocol's binary form of a tensor's data: little-endian, row-major, nothing between the elements. Typed arrays
// have the byte order of the machine, so here they are the wire's bytes as they stand.
if (endianness() !== 'LE') throw new Error('Binary tensors are made for little-endian machines, and this one is not')

/** Elements as bytes; no copy is made, except of BYTES: each a length (u32) and its UTF-8. */
export function bytesOfData(data: TensorData): Uint8Array {
  if (!ArrayBuffer.isView(data)) return bytesOfTexts(data)
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}

function bytesOfTexts(texts: readonly string[]): Uint8Array {
  let size = 0
  for (const text of texts) size += LENGTH_BYTES + Buffer.byteLength(text)
  const bytes = Buffer.allocUnsafe(size)
  let at = 0
  for (const text of texts) {
    const length = bytes.write(text, at + LENGTH_BYTES)
    bytes.writeUInt32LE(length, at)
    at += LENGTH_BYTES + length
  }
  return bytes
}

const LENGTH_BYTES = 4

/**
 * `count` elements out of their bytes, which are copied only where their place in memory does not suit the datatype.
 * @returns what is wrong, as the end of a sentence, if they are not exactly `count` acceptable elements.
 */
export function dataOfBytes(
  datatype: Datatype,
  bytes: Uint8Array,
  count: number,
): TensorData | { readonly fault: string } {
  const { bytes: size, view } = DATATYPES[datatype]
  if (size === undefined || view === undefined) return textsOfBytes(bytes, count)
  if (bytes.length !== count * size) return { fault: `has ${bytes.length} bytes of data, but ${count * size} are due` }
  const other = datatype === 'BOOL' ? bytes.findIndex((byte) => byte > 1) : -1
  if (other !== -1) return { fault: `has byte ${bytes[other]} at element ${other}; BOOL takes 0 or 1` }
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes)
  return view(aligned.buffer, aligned.byteOffset, count)
}

function textsOfBytes(bytes: Uint8Array, count: number): readonly string[] | { readonly fault: string } {
  // Before the room for the elements is taken: a shape may well say that there are billions.
  if (bytes.length < count * LENGTH_BYTES)
    return { fault: `has ${bytes.length} bytes of data, too few for ${count} elements` }
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const texts = new Array<string>(count)
  let at = 0
  for (let index = 0; index < count; index++) {
    const start = at + LENGTH_BYTES
    const end = start > buffer.length ? Number.POSITIVE_INFINITY : start + buffer.readUInt32LE(at)
    if (end > buffer.length) return { fault: `has ${bytes.length} bytes of data, which end within element ${index}` }
    const text = buffer.toString('utf8', start, end)
    if (text.includes('\ufffd') && !isUtf8(buffer.subarray(start, end))) {
      return { fault: `has bytes at element ${index} that are not UTF-8` }
    }
    texts[index] = text
    at = end
  }
  return at === buffer.length ? texts : { fault: `has ${buffer.length - at} bytes left over after ${count} elements` }
}
