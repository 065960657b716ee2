import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Datatype, Tensor, TensorData } from '@astraapi/oip'
import { onnxFile, writeModels } from '../../test/write-models.ts'
import type { Model } from './model.ts'
import { loadOnnx } from './onnx-model.ts'

const options = { threads: 1 }

async function open(t: TestContext, name: string): Promise<Model> {
  const model = await loadOnnx(onnxFile(name), options)
  t.after(() => model.close())
  return model
}

const tensor = (name: string, datatype: Datatype, data: TensorData, shape = [data.length]): Tensor => ({
  name,
  datatype,
  shape,
  data,
})

const EVERY_TYPE: readonly Tensor[] = [
  tensor('bool', 'BOOL', new Uint8Array([1, 0]), [1, 2]),
  tensor('int8', 'INT8', new Int8Array([-128, 127]), [1, 2]),
  tensor('int16', 'INT16', new Int16Array([-32_768, 32_767]), [1, 2]),
  tensor('int32', 'INT32', new Int32Array([-(2 ** 31), 2 ** 31 - 1]), [1, 2]),
  tensor('int64', 'INT64', new BigInt64Array([-(2n ** 63n), 2n ** 63n - 1n]), [1, 2]),
  tensor('uint8', 'UINT8', new Uint8Array([0, 255]), [1, 2]),
  tensor('uint16', 'UINT16', new Uint16Array([0, 65_535]), [1, 2]),
  tensor('uint32', 'UINT32', new Uint32Array([0, 2 ** 32 - 1]), [1, 2]),
  tensor('uint64', 'UINT64', new BigUint64Array([0n, 2n ** 64n - 1n]), [1, 2]),
  tensor('fp32', 'FP32', new Float32Array([Number.NaN, 1e-45]), [1, 2]),
  tensor('fp64', 'FP64', new Float64Array([-0, 5e-324]), [1, 2]),
  tensor('bytes', 'BYTES', ['', 'é😀'], [1, 2]),
]

test('every datatype is declared, and goes through unchanged', async (t) => {
  const model = await open(t, 'identity')
  const specs = EVERY_TYPE.map(({ name, datatype }) => ({ name, datatype, shape: [-1, 2] }))
  assert.deepEqual(model.signature.inputs, specs)
  const outputs = EVERY_TYPE.map(({ name }) => `${name}_out`)
  const answer = await model.infer(EVERY_TYPE, outputs)
  assert.deepEqual(
    answer,
    EVERY_TYPE.map((input) => ({ ...input, name: `${input.name}_out` })),
  )
})

test('only the outputs asked for are answered, in the order asked', async (t) => {
  const model = await open(t, 'identity')
  const answer = await model.infer(EVERY_TYPE, ['bytes_out', 'bool_out'])
  assert.deepEqual(
    answer.map(({ name }) => name),
    ['bytes_out', 'bool_out'],
  )
})

test('fixed dimensions stand in the signature, and an empty batch is answered', async (t) => {
  const model = await open(t, 'sum')
  assert.deepEqual(model.signature.inputs[0]?.shape, [-1, 3])
  const [two] = await model.infer([tensor('x', 'FP32', new Float32Array([1, 2, 3, 4, 5, 6]), [2, 3])], ['total'])
  assert.deepEqual(two, tensor('total', 'FP32', new Float32Array([6, 15])))
  const [none] = await model.infer([tensor('x', 'FP32', new Float32Array(), [0, 3])], ['total'])
  assert.deepEqual(none?.shape, [0])
})

test('half precision is declared as FP16, and answered as such', async (t) => {
  const model = await open(t, 'half')
  assert.deepEqual(model.signature.outputs[0], { name: 'half', datatype: 'FP16', shape: [-1] })
  const [half] = await model.infer([tensor('x', 'FP32', new Float32Array([0.1, -2]))], ['half'])
  assert.deepEqual(half, tensor('half', 'FP16', new Float16Array([0.1, -2])))
})

test('calls can be computed together where the first dimension is one and the same everywhere', async (t) => {
  const batches: Record<string, boolean> = {}
  for (const name of ['identity', 'add', 'sum', 'half', 'pairs', 'anyrank'])
    batches[name] = (await open(t, name)).batches
  assert.deepEqual(batches, { identity: true, add: true, sum: true, half: true, pairs: false, anyrank: false })
})

test('a rank that the file does not declare is an empty shape, and any shape is taken', async (t) => {
  const model = await open(t, 'anyrank')
  assert.deepEqual(model.signature.inputs[0]?.shape, [])
  const [answer] = await model.infer([tensor('x', 'FP32', new Float32Array([1, 2]), [1, 1, 2])], ['y'])
  assert.deepEqual(answer?.shape, [1, 1, 2])
})

test('text with U+0000 is refused, because ONNX Runtime would cut it there', async (t) => {
  const model = await open(t, 'identity')
  const inputs = EVERY_TYPE.map((input) => (input.name === 'bytes' ? { ...input, data: ['a', 'b\0c'] } : input))
  await assert.rejects(model.infer(inputs, ['bytes_out']), {
    code: 'invalid',
    message: /"bytes" has U\+0000 in element 1/,
  })
})

test('what fails inside the model is the model’s failure', async (t) => {
  const model = await open(t, 'pairs')
  await assert.rejects(model.infer([tensor('x', 'FP32', new Float32Array([1]))], ['y']), (error) => {
    return error instanceof Error && error.name !== 'ProtocolError'
  })
})

test('an output that is no tensor is refused with what to do', async () => {
  await assert.rejects(loadOnnx(onnxFile('zipmap'), options), /"probabilities" is a sequence or a map.* zipmap=False/)
})

test('bfloat16 is refused with what to do', async () => {
  await assert.rejects(loadOnnx(onnxFile('brain'), options), /is bfloat16, which .* cannot pass: cast it to FP32/)
})

test('a file that is no ONNX model is refused', async (t) => {
  const dir = await writeModels(t, { 'bad/1/model.onnx': 'not a model' })
  await assert.rejects(loadOnnx(`${dir}/bad/1/model.onnx`, options), /Protobuf parsing failed/)
})
