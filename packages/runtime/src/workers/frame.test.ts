import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DATATYPES, type Datatype, dataOfBytes, type Tensor } from '@astraapi/oip'
import fc from 'fast-check'
import { createFrameReader, decodeFrame, encodeFrame } from './frame.ts'

const numeric = fc.constantFrom(...Object.keys(DATATYPES).filter((name): name is Datatype => name !== 'BYTES'))

const tensor: fc.Arbitrary<Tensor> = fc
  .tuple(fc.string(), fc.oneof(numeric, fc.constant('BYTES' as const)), fc.array(fc.nat(4), { maxLength: 3 }))
  .chain(([name, datatype, shape]) => {
    const count = shape.reduce((product, size) => product * size, 1)
    const size = DATATYPES[datatype].bytes
    const sized = <T>(element: fc.Arbitrary<T>, length: number) =>
      fc.array(element, { minLength: length, maxLength: length })
    if (size === undefined) {
      return sized(fc.string({ unit: 'grapheme' }), count).map((data) => ({ name, datatype, shape, data }))
    }
    return sized(fc.nat(datatype === 'BOOL' ? 1 : 255), count * size).map((bytes) => {
      const data = dataOfBytes(datatype, Uint8Array.from(bytes), count)
      assert.ok(!('fault' in data))
      return { name, datatype, shape, data }
    })
  })

test('frames come out as they went in, however the stream is cut', () => {
  const frames = fc.array(
    fc.record(
      { message: fc.string().map((text) => ({ text })), tensors: fc.array(tensor, { maxLength: 3 }) },
      { noNullPrototype: true },
    ),
  )
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1 }), (sent, cuts) => {
      const got: unknown[] = []
      const read = createFrameReader((bytes) => got.push(decodeFrame(bytes)))
      const stream = Buffer.concat(sent.map(({ message, tensors }) => encodeFrame(message, tensors)))
      for (let at = 0, turn = 0; at < stream.length; turn++) {
        const end = at + (cuts[turn % cuts.length] ?? 1)
        read(stream.subarray(at, end))
        at = end
      }
      assert.deepEqual(got, sent)
    }),
  )
})

test('bytes that are no frame are an error, and take no memory', () => {
  const refuses = (bytes: Uint8Array, message: RegExp) =>
    assert.throws(() => createFrameReader((frame) => decodeFrame(frame))(bytes), message)
  refuses(Buffer.from('rubbish on the descriptor'), /these bytes are none/)
  const frame = encodeFrame({ type: 'x' }, [{ name: 'x', datatype: 'FP32', shape: [2], data: new Float32Array(2) }])
  const withLength = (length: number) => {
    const bytes = Buffer.from(frame)
    bytes.writeUInt32LE(length, 4)
    return bytes
  }
  refuses(withLength(11), /a frame of 11 bytes cannot be/)
  refuses(withLength(2 ** 32 - 1), /a frame of 4294967295 bytes cannot be/)
  refuses(withLength(frame.length - 1), /FP32 tensor that has 7 bytes/)
  refuses(withLength(20), /JSON of a frame is longer/)
})
