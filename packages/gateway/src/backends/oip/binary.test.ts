import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { TensorSpec } from '../../kernel/tensors.ts'
import { context } from '../testing/asking.ts'
import { eventually } from '../testing/eventually.ts'
import { fixtureVersion } from '../testing/fixture-version.ts'
import { createOipBackend } from './oip.ts'
import { openFakeUpstream } from './testing/fake-upstream.ts'
import { openUpstream } from './upstream.ts'

const image: TensorSpec = { name: 'image', datatype: 'FP32', shape: [-1, 64] }
const text: TensorSpec = { name: 'text', datatype: 'BYTES', shape: [-1] }
const half: TensorSpec = { name: 'half', datatype: 'FP16', shape: [-1, 2] }
const brain: TensorSpec = { name: 'brain', datatype: 'BF16', shape: [-1] }

const pixels = { image: Array.from({ length: 64 }, (_, i) => i / 10) }

async function open(t: TestContext, specs: readonly TensorSpec[]) {
  const upstream = await openFakeUpstream()
  const backend = createOipBackend({ addresses: { r0: upstream.address }, bodyBytesMax: 1 << 20 })
  t.after(async () => {
    await backend.close()
    await upstream.close()
  })
  const version = fixtureVersion('oip', { model: 'm', version: '1' }, ['r0'], { inputs: specs, outputs: specs })
  return {
    upstream,
    offersBinary: (offers = true) =>
      upstream.answer('/v2', 200, { name: 'fake', extensions: offers ? ['binary_tensor_data'] : [] }),
    asked: () => upstream.requests.map(({ path, binary }) => (path === '/v2' ? 'metadata' : binary.length)),
    predict: (items: readonly unknown[]) => backend.predict(version, 'r0', items, context),
    async call(...items: readonly unknown[]) {
      const predicted = await backend.predict(version, 'r0', items, context)
      assert.deepEqual(
        predicted.items,
        items.map((output) => ({ output })),
      )
    },
  }
}

test('JSON until the server said that it speaks binary, then many numbers go in binary', async (t) => {
  const { upstream, offersBinary, asked, call } = await open(t, [image])
  offersBinary()
  await call(pixels, pixels)
  await eventually(() => asked().includes('metadata') && upstream.running() === 0, 5000, 'it was asked')
  await call(pixels, pixels)
  assert.deepEqual(asked().toSorted(), [0, 2 * 64 * 4, 'metadata'])
  const { headers, body } = upstream.requests.at(-1) ?? {}
  assert.equal(headers?.['content-type'], 'application/octet-stream')
  assert.deepEqual(JSON.parse(body ?? ''), {
    parameters: { binary_data_output: true },
    inputs: [{ name: 'image', datatype: 'FP32', shape: [2, 64], parameters: { binary_data_size: 512 } }],
  })
})

for (const [what, prepare] of [
  ['does not offer it', (fake: Awaited<ReturnType<typeof open>>) => fake.offersBinary(false)],
  ['has no metadata', () => {}],
  ['tells nonsense', ({ upstream }: Awaited<ReturnType<typeof open>>) => upstream.answer('/v2', 200, 'nonsense')],
] as const) {
  test(`a server that ${what} is asked once, and gets JSON`, async (t) => {
    const fake = await open(t, [image])
    prepare(fake)
    await fake.call(pixels, pixels)
    await eventually(() => fake.asked().includes('metadata') && fake.upstream.running() === 0, 5000, 'it was asked')
    await fake.call(pixels, pixels)
    assert.deepEqual(fake.asked().toSorted(), [0, 0, 'metadata'])
  })
}

test('a server in trouble is asked again with the next call', async (t) => {
  const { upstream, asked, call } = await open(t, [image])
  upstream.answer('/v2', 503, {})
  for (const times of [1, 2]) {
    await call(pixels, pixels)
    const answered = () => asked().filter((what) => what === 'metadata').length === times && upstream.running() === 0
    await eventually(answered, 5000, 'it was asked')
  }
})

test('few numbers, and texts however many, stay in JSON and ask nothing', async (t) => {
  const { offersBinary, asked, call } = await open(t, [text])
  offersBinary()
  await call(...Array.from({ length: 200 }, (_, i) => ({ text: `text ${i}` })))
  assert.deepEqual(asked(), [0])
})

test('half precision waits until binary is known, and every element comes back', async (t) => {
  const { offersBinary, asked, call } = await open(t, [half, brain, text])
  offersBinary()
  const item = { half: [0.5, -65_504], brain: 1.5, text: 'äöü😀' }
  await call(item, { ...item, brain: -3 })
  await call(item)
  assert.equal(asked()[0], 'metadata')
  assert.equal(asked().length, 3)
})

test('half precision at a server without binary is refused before anything is sent', async (t) => {
  const { upstream, call } = await open(t, [half])
  await assert.rejects(call({ half: [1, 2] }), (error: { code?: string; facts?: { reason?: string } }) => {
    assert.equal(error.code, 'upstream_unavailable')
    assert.match(error.facts?.reason ?? '', /r0 does not take tensors in binary/)
    return true
  })
  assert.deepEqual(
    upstream.requests.map(({ path }) => path),
    ['/v2'],
  )
})

test('what is known of a server is forgotten when its last connection is gone', async (t) => {
  const fake = await openFakeUpstream()
  const upstream = openUpstream('r0', fake.address, 1 << 20)
  t.after(async () => {
    await upstream.close()
    await fake.close()
  })
  fake.answer('/v2', 200, { extensions: ['binary_tensor_data'] })
  assert.equal(await upstream.binary.learn(context.signal), true)
  assert.equal(upstream.binary.spoken, true)
  fake.closeIdle()
  await eventually(() => upstream.binary.spoken === undefined, 5000, 'it is forgotten')
  fake.answer('/v2', 200, {})
  assert.equal(await upstream.binary.learn(context.signal), false)
})

test('a batch in binary that fails goes again item by item', async (t) => {
  const { offersBinary, asked, predict } = await open(t, [half, text])
  offersBinary()
  const item = (word: string) => ({ half: [1, 2], text: word })
  const { items } = await predict([item('a'), item('!failed'), item('ccc')])
  assert.deepEqual(
    items.map((answered) => ('error' in answered ? answered.error.code : answered.output)),
    [item('a'), 'upstream_failed', item('ccc')],
  )
  const size = (...words: readonly string[]) => words.reduce((sum, { length }) => sum + 2 * 2 + 4 + length, 0)
  const words = ['a', '!failed', 'ccc']
  assert.deepEqual(asked(), ['metadata', size(...words), ...words.map((word) => size(word))])
})
