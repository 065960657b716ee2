import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Tensor } from '@astraapi/oip'
import { echoModule, textModule, writeModels } from '../../test/write-models.ts'
import { loadModule } from './module-model.ts'

async function load(t: TestContext, source: string) {
  const dir = await writeModels(t, { 'm/1/model.ts': source })
  return loadModule(`${dir}/m/1/model.ts`)
}

const texts = (...data: string[]): Tensor => ({ name: 'text', datatype: 'BYTES', shape: [data.length], data })

test('predict is asked row by row where there is no predictBatch', async (t) => {
  const model = await load(t, echoModule('> '))
  assert.deepEqual(await model.infer([texts('a', 'b')], ['answer']), [
    { name: 'answer', datatype: 'BYTES', shape: [2], data: ['> a', '> b'] },
  ])
  assert.deepEqual(await model.infer([texts()], ['answer']), [
    { name: 'answer', datatype: 'BYTES', shape: [0], data: [] },
  ])
})

test('predictBatch is preferred for more than one row', async (t) => {
  const model = await load(
    t,
    textModule(`predict: () => ({ answer: 'single' }),
      predictBatch: (rows) => rows.map((row, index) => ({ answer: index + ' of ' + rows.length + ' ' + row.text })),`),
  )
  const [one] = await model.infer([texts('a')], ['answer'])
  const [two] = await model.infer([texts('a', 'b')], ['answer'])
  assert.deepEqual([one?.data, two?.data], [['single'], ['0 of 2 a', '1 of 2 b']])
})

test('rows carry every type as JavaScript has it, and go back as declared', async (t) => {
  const model = await load(
    t,
    `const inputs = [
      { name: 'flag', datatype: 'BOOL', shape: [-1] },
      { name: 'wide', datatype: 'INT64', shape: [-1, 1] },
      { name: 'grid', datatype: 'FP32', shape: [-1, 2, -1] },
    ]
    export const model = {
      signature: { inputs, outputs: [...inputs.map((spec) => ({ ...spec, name: spec.name + '2' })), { name: 'seen', datatype: 'BYTES', shape: [-1] }] },
      predict: ({ flag, wide, grid }) => ({
        flag2: flag, wide2: wide, grid2: grid,
        seen: JSON.stringify([flag, typeof wide[0], String(wide[0]), grid]),
      }),
    }`,
  )
  const inputs: Tensor[] = [
    { name: 'flag', datatype: 'BOOL', shape: [2], data: new Uint8Array([1, 0]) },
    { name: 'wide', datatype: 'INT64', shape: [2, 1], data: new BigInt64Array([2n ** 62n, -1n]) },
    { name: 'grid', datatype: 'FP32', shape: [2, 2, 3], data: Float32Array.from({ length: 12 }, (_, index) => index) },
  ]
  const answer = await model.infer(inputs, ['flag2', 'wide2', 'grid2', 'seen'])
  assert.deepEqual(
    answer.slice(0, 3),
    inputs.map((input) => ({ ...input, name: `${input.name}2` })),
  )
  assert.deepEqual(answer[3]?.data, [
    '[true,"bigint","4611686018427387904",[[0,1,2],[3,4,5]]]',
    '[false,"bigint","-1",[[6,7,8],[9,10,11]]]',
  ])
})

test('load runs before the first answer, close on closing, and the identity is passed on', async (t) => {
  const model = await load(
    t,
    textModule(`identity: 'weights@1.2.3',
      async load() { await null; globalThis.steps = ['load'] },
      predict() { globalThis.steps.push('predict'); return { answer: '' } },
      async close() { globalThis.steps.push('close') },`),
  )
  await model.infer([texts('a')], ['answer'])
  await model.close()
  assert.deepEqual(Reflect.get(globalThis, 'steps'), ['load', 'predict', 'close'])
  assert.equal(model.identity, 'weights@1.2.3')
})

const numbers = (answer: string) => `export const model = {
  signature: {
    inputs: [{ name: 'text', datatype: 'BYTES', shape: [-1] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
  },
  predict: ({ text }) => (${answer}),
}`

test('half precision comes in as numbers, and goes out rounded', async (t) => {
  const model = await load(t, numbers('{ y: [text, 0.1] }').replace('BYTES', 'FP16').replace('FP32', 'FP16'))
  const half: Tensor = { name: 'text', datatype: 'FP16', shape: [1], data: new Float16Array([1.5]) }
  const [y] = await model.infer([half], ['y'])
  assert.deepEqual(y, { name: 'y', datatype: 'FP16', shape: [1, 2], data: new Float16Array([1.5, 0.1]) })
})

test('numbers may be NaN and infinite', async (t) => {
  const model = await load(t, numbers('{ y: [NaN, -Infinity] }'))
  const [y] = await model.infer([texts('a')], ['y'])
  assert.deepEqual(y?.data, new Float32Array([Number.NaN, Number.NEGATIVE_INFINITY]))
})

const WRONG_ANSWERS = [
  ['nothing', 'undefined', /Row 0 is undefined, not an object/],
  ['an output missing', '{ z: 1 }', /Output "y" is missing in row 0/],
  ['no array', '{ y: 1 }', /"y" of row 0 is declared as \[-1,2\], but has no array at depth 1/],
  ['too few values', '{ y: [1] }', /"y" of row 0 .* array of length 1 at depth 1 where 2 is due/],
  ['too deep', '{ y: [[1], [2]] }', /"y" has \[1\] at element 0; FP32 takes a number/],
  ['another type', '{ y: [1, "2"] }', /"y" has "2" at element 1; FP32 takes a number/],
  ['a bigint', '{ y: [1, 2n] }', /"y" has 2n at element 1/],
  ['a hole', '{ y: new Array(2) }', /"y" has undefined at element 0/],
  ['one bad row', '{ y: text === "b" ? [1] : [1, 2] }', /"y" of row 1/],
] as const

for (const [what, answer, message] of WRONG_ANSWERS) {
  test(`a module that answers ${what} fails with the reason`, async (t) => {
    const model = await load(t, numbers(answer))
    await assert.rejects(model.infer([texts('a', 'b')], ['y']), (error) => {
      return error instanceof Error && error.name === 'Error' && message.test(error.message)
    })
  })
}

test('predictBatch has to answer as many rows as it got', async (t) => {
  const model = await load(t, textModule(`predict: () => ({ answer: '' }), predictBatch: () => [{ answer: 'a' }],`))
  await assert.rejects(model.infer([texts('a', 'b')], ['answer']), /predictBatch\(\) must answer 2 rows/)
})

test('rows that disagree in a variable dimension do not stack', async (t) => {
  const model = await load(
    t,
    numbers('{ y: text === "b" ? [[1], [2]] : [[1, 2], [3, 4]] }').replace('[-1, 2]', '[-1, 2, -1]'),
  )
  await assert.rejects(model.infer([texts('a', 'b')], ['y']), /"y" of row 1 .* length 1 at depth 2 where 2 is due/)
})

const signature = (inputs: string, outputs = `[{ name: 'y', datatype: 'FP32', shape: [-1] }]`) =>
  `export const model = { signature: { inputs: ${inputs}, outputs: ${outputs} }, predict() {} }`
const BAD_MODULES = [
  ['no model', 'export const other = 1', /must export `model`/],
  ['no predict', 'export const model = { signature: {} }', /must export `model`/],
  ['no inputs', signature('[]'), /signature.inputs must name at least one tensor/],
  [
    'no outputs',
    signature(`[{ name: 'x', datatype: 'FP32', shape: [-1] }]`, 'undefined'),
    /signature.outputs must name/,
  ],
  ['no name', signature('[{}]'), /signature.inputs\[0\] has no name/],
  ['a name twice', signature(`Array(2).fill({ name: 'x', datatype: 'FP32', shape: [-1] })`), /names "x" twice/],
  ['the name __proto__', signature(`[{ name: '__proto__', datatype: 'FP32', shape: [-1] }]`), /cannot be called/],
  ['an unknown datatype', signature(`[{ name: 'x', datatype: 'FLOAT', shape: [-1] }]`), /\(x\) has datatype "FLOAT"/],
  ['bfloat16', signature(`[{ name: 'x', datatype: 'BF16', shape: [-1] }]`), /\(x\) has datatype "BF16"/],
  ['a fixed batch', signature(`[{ name: 'x', datatype: 'FP32', shape: [1] }]`), /\(x\) has shape \[1\]/],
  ['no shape', signature(`[{ name: 'x', datatype: 'FP32' }]`), /\(x\) has shape undefined/],
  ['an odd member', textModule('predict: () => ({}), close: 3'), /model.close is no function/],
  ['an odd identity', textModule('predict: () => ({}), identity: 3'), /model.identity must be a string/],
  ['a load that throws', textModule(`predict: () => ({}), load() { throw new Error('no weights') }`), /no weights/],
  ['a syntax error', 'export const model = {', /./],
  ['a throw on import', `throw new Error('on import')`, /on import/],
] as const

for (const [what, source, message] of BAD_MODULES) {
  test(`a module with ${what} does not load`, async (t) => {
    await assert.rejects(load(t, source), message)
  })
}

test('a syntax error says in which file and line it is, and not in which folder', async (t) => {
  await assert.rejects(load(t, 'const a = 1\n\nconst b = = 2\n'), { message: 'model.ts:3: Expression expected' })
  await assert.rejects(load(t, "import { nothing } from 'node:fs'\nexport const b = nothing"), {
    message: /^model\.ts:1: The requested module/,
  })
})
