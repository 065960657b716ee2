import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { type TestContext, test } from 'node:test'
import { pino } from 'pino'
import { addOnnx, echoModule, textModule, writeModelFile, writeModels } from '../../test/write-models.ts'
import { openRepository } from './repository.ts'

const log = pino({ level: 'silent' })

async function open(t: TestContext, dir: string) {
  const repository = await openRepository({ dir, threads: 1, waitingMax: 8, log })
  t.after(() => repository.close())
  return repository
}

const ready = (name: string, version: string) => ({ name, version, state: 'READY', reason: '' })

test('what loads is ready, and what does not says why and stops nothing', async (t) => {
  const dir = await writeModels(t, {
    'greet/1.0/model.ts': echoModule('a'),
    'greet/2.0/model.ts': textModule(`predict: () => ({}), load() { throw new Error('no weights\\nsecond line') }`),
    'noise/1/model.onnx': 'not a model',
    'both/1/model.ts': '',
    'both/1/model.js': '',
  })
  await addOnnx(dir, 'sum')
  await addOnnx(dir, 'pairs')
  const repository = await open(t, dir)
  await repository.loadFound()
  assert.deepEqual(repository.index(), [
    {
      name: 'both',
      version: '1',
      state: 'UNAVAILABLE',
      reason: 'The folder holds model.js and model.ts: keep one of them',
    },
    ready('greet', '1.0'),
    { name: 'greet', version: '2.0', state: 'UNAVAILABLE', reason: 'no weights' },
    {
      name: 'noise',
      version: '1',
      state: 'UNAVAILABLE',
      reason: `Load model from ${dir}/noise/1/model.onnx failed:Protobuf parsing failed.`,
    },
    // Its warm-up fails, which is no reason to withhold it.
    ready('pairs', '1.0'),
    ready('sum', '1.0'),
  ])
  assert.equal(repository.find('greet').version, '1.0')
  assert.throws(() => repository.find('greet', '2.0'), { code: 'unavailable', message: /2.0 of greet .*no weights/ })
  assert.throws(() => repository.find('noise'), { code: 'unavailable', message: /Protobuf/ })
  assert.throws(() => repository.find('greet', '3'), { code: 'not-found', message: /greet has no version "3"/ })
  assert.throws(() => repository.find('__proto__'), { code: 'not-found' })
})

test('without a version the highest is found', async (t) => {
  const dir = await writeModels(
    t,
    Object.fromEntries(['1.9', '1.10', '1.10-rc1'].map((v) => [`m/${v}/model.ts`, echoModule(v)])),
  )
  const repository = await open(t, dir)
  await repository.loadFound()
  assert.equal(repository.find('m').version, '1.10')
  assert.deepEqual(repository.readyVersions('m'), ['1.10-rc1', '1.9', '1.10'])
})

test('load finds new versions and mended ones, and names those that fail', async (t) => {
  const dir = await writeModels(t, { 'm/1/model.ts': echoModule('1'), 'm/2/model.ts': 'export const model = 0' })
  const repository = await open(t, dir)
  await repository.loadFound()
  const first = repository.find('m', '1')

  await writeModelFile(dir, 'm/3/model.ts', echoModule('3'))
  await assert.rejects(repository.load('m'), {
    code: 'unavailable',
    message: /^Could not load m, version 2: .*`model`/,
  })
  assert.equal(repository.find('m').version, '3')

  await writeModelFile(dir, 'm/2/model.ts', echoModule('2'))
  await repository.load('m')
  assert.deepEqual(repository.readyVersions('m'), ['1', '2', '3'])
  assert.equal(repository.find('m', '1'), first)
})

test('load forgets a failed version whose folder is gone, and knows no model without one', async (t) => {
  const dir = await writeModels(t, { 'm/1/model.ts': '' })
  const repository = await open(t, dir)
  await repository.loadFound()
  await rm(`${dir}/m`, { recursive: true })
  await assert.rejects(repository.load('m'), { code: 'not-found' })
  assert.deepEqual(repository.index(), [])
  await assert.rejects(repository.load('../m'), { code: 'not-found' })
})

test('a version is loaded once, however many ask for it, and two versions at a time', async (t) => {
  const slow = textModule(`predict: () => ({ answer: '' }),
    async load() { globalThis.loading.push(1); await globalThis.gate.promise; },`)
  const dir = await writeModels(t, { 'm/1/model.ts': slow, 'm/2/model.ts': slow, 'm/3/model.ts': slow })
  const loading: number[] = []
  const gate = Promise.withResolvers<void>()
  Object.assign(globalThis, { loading, gate })
  const repository = await open(t, dir)
  const loads = [repository.loadFound(), repository.load('m'), repository.load('m')]
  while (loading.length < 2) await new Promise(setImmediate)
  assert.deepEqual(
    repository.index().map(({ state, reason }) => `${state} ${reason}`),
    Array(3).fill('LOADING Loading'),
  )
  assert.throws(() => repository.find('m'), { code: 'unavailable', message: /Loading/ })
  assert.equal(loading.length, 2)
  gate.resolve()
  await Promise.all(loads)
  assert.equal(loading.length, 3)
})

test('a model that is still loading when the repository closes is closed too', async (t) => {
  const dir = await writeModels(t, {
    'm/1/model.ts': textModule(`predict: () => ({ answer: '' }),
      async load() { globalThis.steps.push('load'); await globalThis.gate.promise },
      close() { globalThis.steps.push('close') },`),
  })
  const steps: string[] = []
  const gate = Promise.withResolvers<void>()
  Object.assign(globalThis, { steps, gate })
  const repository = await open(t, dir)
  const loaded = repository.loadFound()
  while (steps.length === 0) await new Promise(setImmediate)
  await repository.close()
  gate.resolve()
  await loaded
  assert.deepEqual(steps, ['load', 'close'])
})

test('the digest follows the files and the identity', async (t) => {
  const withIdentity = (identity: string) => textModule(`identity: '${identity}', predict: () => ({ answer: '' }),`)
  const digest = async (source: string) => {
    const repository = await open(t, await writeModels(t, { 'm/1/model.ts': source }))
    await repository.loadFound()
    return repository.find('m').digest
  }
  const first = await digest(withIdentity('w@1'))
  assert.match(first, /^sha256:[0-9a-f]{64}$/)
  assert.equal(await digest(withIdentity('w@1')), first)
  assert.notEqual(await digest(withIdentity('w@2')), first)
})
