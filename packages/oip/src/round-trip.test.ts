import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeInferRequest } from './decode-infer-request.ts'
import { decodeInferResponse } from './decode-infer-response.ts'
import type { Encoded } from './encode-body.ts'
import { encodeInferRequest } from './encode-infer-request.ts'
import { encodeInferResponse } from './encode-infer-response.ts'
import { ProtocolError } from './protocol-error.ts'
import type { Signature, Tensor } from './tensor.ts'
import { arbitraryTensor, bitsOf, datatypes, hasJsonForm } from './testing/arbitrary-tensor.ts'

/** A body as it comes off the wire: at any place in memory. */
function received({ body }: Encoded, offset = 0): Uint8Array {
  const bytes = Buffer.from(body)
  const padded = new Uint8Array(offset + bytes.length)
  padded.set(bytes, offset)
  return padded.subarray(offset)
}

const lengthOf = ({ headerLength }: Encoded) => headerLength?.toString()
const signatureOf = (inputs: readonly Tensor[]): Signature => ({
  inputs: inputs.map(({ name, datatype, shape }) => ({ name, datatype, shape })),
  outputs: [{ name: 'y', datatype: 'FP32', shape: [] }],
})

// Pairs, so that the second tensor begins wherever the first one ends.
const pair = fc
  .tuple(fc.constantFrom(...datatypes), fc.constantFrom(...datatypes))
  .chain(([a, b]) => fc.tuple(arbitraryTensor(a, 'a "é"'), arbitraryTensor(b, 'b')))
const offset = fc.integer({ min: 0, max: 7 })

test('a request of any datatypes and shapes arrives as it was sent, in binary', () => {
  fc.assert(
    fc.property(pair, offset, (inputs, offset) => {
      const encoded = encodeInferRequest({ id: 'i', inputs, binary: true })
      const request = decodeInferRequest(received(encoded, offset), lengthOf(encoded), signatureOf(inputs))
      assert.deepEqual(request.inputs.map(bitsOf), inputs.map(bitsOf))
      assert.deepEqual([request.id, request.outputs], ['i', [{ name: 'y', binary: true }]])
    }),
    { numRuns: 1000 },
  )
})

test('a request arrives as it was sent in JSON, wherever JSON can say it', () => {
  fc.assert(
    fc.property(pair, (inputs) => {
      fc.pre(inputs.every(hasJsonForm))
      const encoded = encodeInferRequest({ inputs, outputs: ['y'], binary: false })
      assert.equal(encoded.headerLength, undefined)
      const request = decodeInferRequest(received(encoded), undefined, signatureOf(inputs))
      assert.deepEqual(request.inputs.map(bitsOf), inputs.map(bitsOf))
      assert.deepEqual(request.outputs, [{ name: 'y', binary: false }])
    }),
    { numRuns: 1000 },
  )
})

test('a response arrives as it was sent, each output in its own form', () => {
  fc.assert(
    fc.property(pair, fc.tuple(fc.boolean(), fc.boolean()), offset, (outputs, binary, offset) => {
      fc.pre(outputs.every((output, index) => binary[index] || hasJsonForm(output)))
      const wanted = outputs.map(({ name }, index) => ({ name, binary: binary[index] ?? false }))
      const encoded = encodeInferResponse({ model: 'm', version: '1', outputs: outputs.toReversed() }, wanted)
      assert.equal(encoded.headerLength !== undefined, binary.includes(true))
      const response = decodeInferResponse(received(encoded, offset), lengthOf(encoded))
      assert.deepEqual(response.outputs.map(bitsOf), outputs.map(bitsOf))
    }),
    { numRuns: 1000 },
  )
})

test('half precision has no JSON form on the way out either', () => {
  const x: Tensor = { name: 'x', datatype: 'FP16', shape: [1], data: new Float16Array([1]) }
  assert.throws(() => encodeInferRequest({ inputs: [x], binary: false }), { code: 'invalid', message: /"x" is FP16/ })
})

test('every truncation and every extension of a binary body is refused', () => {
  fc.assert(
    fc.property(pair, (inputs) => {
      const encoded = encodeInferRequest({ inputs, binary: true })
      const outputs = encodeInferResponse({ model: 'm', version: '1', outputs: inputs }, wantedOf(inputs))
      const decodeRequest = (body: Uint8Array) => decodeInferRequest(body, lengthOf(encoded), signatureOf(inputs))
      const decodeResponse = (body: Uint8Array) => decodeInferResponse(body, lengthOf(outputs))
      for (const [body, decode] of [
        [received(encoded), decodeRequest],
        [received(outputs), decodeResponse],
      ] as const) {
        for (let length = 0; length < body.length; length++) refused(() => decode(body.subarray(0, length)))
        for (const more of [1, 4, 1000]) refused(() => decode(Buffer.concat([body, Buffer.alloc(more)])))
      }
    }),
    { numRuns: 30 },
  )
})

const wantedOf = (tensors: readonly Tensor[]) => tensors.map(({ name }) => ({ name, binary: true }))

function refused(decode: () => unknown): void {
  assert.throws(decode, (error) => error instanceof ProtocolError && error.code === 'invalid')
}

test('whatever the bytes are, the answer is tensors or a ProtocolError', () => {
  fc.assert(
    fc.property(mutated(), fc.option(fc.integer({ min: 0, max: 400 }).map(String)), (body, length) => {
      for (const decode of [
        () => decodeInferRequest(body.bytes, length ?? body.headerLength, body.signature),
        () => decodeInferResponse(body.bytes, length ?? body.headerLength),
      ]) {
        try {
          decode()
        } catch (error) {
          assert.ok(error instanceof ProtocolError, String(error))
        }
      }
    }),
    { numRuns: 5000 },
  )
})

/** A sound body in which some bytes were exchanged, or bytes that never were one. */
function mutated() {
  const edits = fc.array(fc.tuple(fc.nat(500), fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('[]{}",:-0e')))), {
    maxLength: 4,
  })
  return fc.tuple(pair, fc.boolean(), edits, fc.option(fc.uint8Array())).map(([inputs, binary, changes, noise]) => {
    const sound = binary || inputs.every(hasJsonForm)
    const encoded = encodeInferRequest({ inputs, binary: binary || !sound })
    const bytes = noise ?? received(encoded)
    for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte
    return { bytes, headerLength: lengthOf(encoded), signature: signatureOf(inputs) }
  })
}
