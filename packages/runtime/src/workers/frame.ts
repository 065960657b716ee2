// What front and worker say to each other: [u32 mark][u32 length of the frame][u32 length of the JSON][JSON][raw tensors],
// little-endian. The mark tells what a model writes to the descriptor by mistake from a frame. See docs/decisions/2026-11-22-frames-between-front-and-worker.md for why not IPC messages.

import { bytesOfData, dataOfBytes, elementCount, isDatatype, type Tensor } from '@astraapi/oip'

export interface Frame<Message> {
  readonly message: Message
  /** They travel behind the message, as raw bytes. */
  readonly tensors: readonly Tensor[]
}

type TensorHead = Omit<Tensor, 'data'> & { readonly bytes: number }

const MARK = 0x41_53_54_52
const PREFIX_BYTES = 12
// A peer that announces more has lost its place in the stream.
const FRAME_BYTES_MAX = 2 ** 31

/** Throws RangeError when the whole would be larger than a frame may be. */
export function encodeFrame(message: object, tensors: readonly Tensor[] = []): Uint8Array {
  const raw = tensors.map(({ data }) => bytesOfData(data))
  const heads = tensors.map(({ data: _, ...head }, index) => ({ ...head, bytes: raw[index]?.length }))
  const json = Buffer.from(JSON.stringify({ message, tensors: heads }))
  const total = raw.reduce((sum, bytes) => sum + bytes.length, PREFIX_BYTES + json.length)
  if (total > FRAME_BYTES_MAX) throw new RangeError(`${total} bytes are more than fit between server and model`)
  const frame = Buffer.allocUnsafe(total)
  frame.writeUInt32LE(MARK, 0)
  frame.writeUInt32LE(total, 4)
  frame.writeUInt32LE(json.length, 8)
  let at = PREFIX_BYTES
  for (const bytes of [json, ...raw]) {
    frame.set(bytes, at)
    at += bytes.length
  }
  return frame
}

/** What it throws is an Error that says why bytes are no frame of this kind. */
export function decodeFrame<Message>(bytes: Uint8Array): Frame<Message> {
  const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const end = PREFIX_BYTES + frame.readUInt32LE(8)
  if (end > frame.length) throw new Error('the JSON of a frame is longer than the frame')
  // Both ends are programs of this package.
  const parsed: { message: Message; tensors: TensorHead[] } = JSON.parse(frame.toString('utf8', PREFIX_BYTES, end))
  let at = end
  const tensors = parsed.tensors.map((head) => {
    const tensor = decodeTensor(head, frame.subarray(at, at + head.bytes))
    at += head.bytes
    return tensor
  })
  if (at !== frame.length) throw new Error(`a frame is ${frame.length} bytes long where ${at} are due`)
  return { message: parsed.message, tensors }
}

function decodeTensor({ bytes: _, ...head }: TensorHead, raw: Uint8Array): Tensor {
  if (!isDatatype(head.datatype)) throw new Error('a frame has a tensor of no known datatype')
  const data = dataOfBytes(head.datatype, raw, elementCount(head.shape))
  if ('fault' in data) throw new Error(`a frame has a ${head.datatype} tensor that ${data.fault}`)
  return { ...head, data }
}

/**
 * Takes a stream in chunks as they come, and hands out each whole frame's bytes. The function it returns throws an
 * Error when the bytes cannot be a frame's.
 */
export function createFrameReader(onFrame: (frame: Uint8Array) => void): (chunk: Uint8Array) => void {
  let begun = new Uint8Array()
  let filled = 0 // Of `begun`, which has room for the frame, or for its prefix as long as its length is not known.

  return (chunk) => {
    let rest = chunk
    while (rest.length > 0) {
      if (filled === 0 && rest.length >= PREFIX_BYTES && rest.length >= lengthOf(rest)) {
        const length = lengthOf(rest)
        onFrame(rest.subarray(0, length))
        rest = rest.subarray(length)
        continue
      }
      if (filled === 0) begun = new Uint8Array(PREFIX_BYTES)
      const part = rest.subarray(0, begun.length - filled)
      begun.set(part, filled)
      filled += part.length
      rest = rest.subarray(part.length)
      if (filled < begun.length) continue
      if (begun.length < lengthOf(begun)) begun = grown(begun)
      else {
        filled = 0
        onFrame(begun)
      }
    }
  }
}

/** Room for the whole at once: a large frame is copied one time, however many chunks it takes. */
function grown(start: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(lengthOf(start))
  whole.set(start)
  return whole
}

function lengthOf(bytes: Uint8Array): number {
  const prefix = new DataView(bytes.buffer, bytes.byteOffset)
  if (prefix.getUint32(0, true) !== MARK) throw new Error('what is due is a frame, and these bytes are none')
  const length = prefix.getUint32(4, true)
  if (length < PREFIX_BYTES || length > FRAME_BYTES_MAX) throw new Error(`a frame of ${length} bytes cannot be`)
  return length
}
