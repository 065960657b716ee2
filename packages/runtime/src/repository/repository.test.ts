import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { type TestContext, test } from 'node:test'
import type { Tensor } from '@astraapi/oip'
import { pino } from 'pino'
import {
  addOnnx,
  computed,
  echoModule,
  gatedModule,
  openGate,
  textModule,
  until,
  writeModelFile,
  writeModels,
} from '../../test/write-models.ts'
import { createMetrics } from '../metrics/runtime-metrics.ts'
import { readRssBytes } from '../workers/memory.ts'
import { hashFolder, versionDigest } from './digest.ts'
import type { LoadedVersion } from './loaded-version.ts'
import { openRepository } from './repository.ts'

const log = pino({ level: 'silent' })

async function open(t: TestContext, dir: string) {
  const repository = await openRepository({ dir, threads: 1, waitingMax: 8, metrics: createMetrics(), log })
  t.after(() => repository.close(1000))
  return repository
}

const text = (...data: string[]): Tensor[] => [{ name: 'text', datatype: 'BYTES', shape: [data.length], data }]
const patience = () => ({ signal: AbortSignal.timeout(20_000) })

async function ask({ infer }: LoadedVersion, ...data: string[]): Promise<unknown> {
  return (await infer(text(...data), ['answer'], patience())).outputs[0]?.data
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

test('load does not pass over that the files of a loaded version are others by now, and loads the other versions', async (t) => {
  const dir = await writeModels(t, { 'm/1/model.ts': echoModule('1') })
  const repository = await open(t, dir)
  await repository.loadFound()
  await writeModelFile(dir, 'm/1/serving.json', '{"threads": 2}')
  await repository.load('m')
  await writeModelFile(dir, 'm/1/model.ts', echoModule('changed'))
  await writeModelFile(dir, 'm/2/model.ts', echoModule('2'))
  await assert.rejects(repository.load('m'), {
    code: 'invalid',
    message: /^The files of m, version 1, have changed .* give the new files a version of their own, or unload/,
  })
  assert.deepEqual(repository.readyVersions('m'), ['1', '2'])
  assert.deepEqual(await ask(repository.find('m', '1'), 'a'), ['1a'])
})

test('the state is another one after each load and unload, and in each process', async (t) => {
  const dir = await writeModels(t, { 'm/1/model.ts': echoModule('') })
  const [repository, other] = [await open(t, dir), await open(t, dir)]
  const states = [repository.state(), other.state()]
  await repository.loadFound()
  states.push(repository.state())
  await repository.load('m')
  assert.equal(repository.state(), states.at(-1), 'nothing was loaded')
  await repository.unload('m')
  states.push(repository.state())
  await repository.load('m')
  states.push(repository.state())
  assert.equal(new Set(states).size, 5)
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
  const dir = await writeModels(t)
  const slow = gatedModule(dir, `load: async () => { await model.predict({ text: 'loading' }) },`)
  for (const version of [1, 2, 3]) await writeModelFile(dir, `m/${version}/model.ts`, slow)
  const repository = await open(t, dir)
  const loads = [repository.loadFound(), repository.load('m'), repository.load('m')]
  await until(async () => (await computed(dir)).length === 2)
  assert.deepEqual(
    repository.index().map(({ state, reason }) => `${state} ${reason}`),
    Array(3).fill('LOADING Loading'),
  )
  assert.throws(() => repository.find('m'), { code: 'unavailable', message: /Loading/ })
  assert.equal((await computed(dir)).length, 2)
  await openGate(dir)
  await Promise.all(loads)
  assert.equal((await computed(dir)).length, 3)
})

test('versions that hang while they load keep no other from being started again', async (t) => {
  const dir = await writeModels(t, {
    'stray/1/model.ts': textModule(`predict({ text }) { if (text) process.exit(7); return { answer: '' } },`),
  })
  const repository = await open(t, dir)
  await repository.loadFound()
  const hangs = gatedModule(dir, `load: async () => { await model.predict({ text: 'loading' }) },`)
  for (const version of [1, 2]) await writeModelFile(dir, `hangs/${version}/model.ts`, hangs)
  const loading = repository.load('hangs')
  await until(async () => (await computed(dir)).length === 2)
  const stray = repository.find('stray')
  await assert.rejects(ask(stray, 'exit'), { code: 'internal' })
  await until(() => stray.fault() === undefined)
  await openGate(dir)
  await loading
})

test('the workers of a version that is changed while they start are not mixed', async (t) => {
  const dir = await writeModels(t)
  const growing = textModule(
    `predict: () => ({ answer: '' }), load() { appendFileSync('${dir}/computed', process.pid + '\\n'); appendFileSync('${dir}/m/1/weights', 'x') },`,
  )
  await writeModelFile(dir, 'm/1/model.ts', `import { appendFileSync } from 'node:fs'\n${growing}`)
  await writeModelFile(dir, 'm/1/serving.json', '{"instances": 2}')
  const repository = await open(t, dir)
  await repository.loadFound()
  assert.throws(() => repository.find('m'), { code: 'unavailable', message: /its files have changed since it was/ })
  const pids = await computed(dir)
  assert.equal(pids.length, 2)
  for (const pid of pids) assert.throws(() => process.kill(Number(pid), 0), { code: 'ESRCH' })
})

test('a worker that takes the place of one that its warm-up ended has its own digest', async (t) => {
  const dir = await writeModels(t)
  const changing = textModule(`predict() { writeFileSync('${dir}/m/1/weights', 'new'); process.exit(1) },`)
  await writeModelFile(dir, 'm/1/model.ts', `import { writeFileSync } from 'node:fs'\n${changing}`)
  const repository = await open(t, dir)
  await repository.loadFound()
  assert.equal(repository.find('m').digest, versionDigest(await hashFolder(`${dir}/m/1`), undefined))
})

test('a model that is still loading when the repository closes is given up', async (t) => {
  const dir = await writeModels(t)
  await writeModelFile(
    dir,
    'm/1/model.ts',
    gatedModule(dir, `load: async () => { await model.predict({ text: 'a' }) },`),
  )
  const repository = await open(t, dir)
  const loaded = repository.loadFound()
  await until(async () => (await computed(dir)).length === 1)
  await repository.close(1000)
  await loaded
  assert.throws(() => repository.find('m'), { code: 'unavailable' })
})

test('a model that ends its process says so until the next one is there, and harms no other', async (t) => {
  const dir = await writeModels(t, {
    'stray/1/model.ts': textModule(
      `predict({ text }) { if (text === 'exit') process.exit(7); return { answer: text } },`,
    ),
    'greet/1/model.ts': echoModule('hello '),
  })
  const repository = await open(t, dir)
  await repository.loadFound()
  const [stray, greet] = [repository.find('stray'), repository.find('greet')]
  await assert.rejects(ask(stray, 'exit'), { code: 'internal', message: /failed on this input; the log/ })
  assert.throws(() => repository.find('stray'), {
    code: 'unavailable',
    message: 'Version 1 of stray is not ready: Its worker exited with 7; another is started',
    retryAfterMs: undefined,
  })
  await assert.rejects(ask(stray, 'a'), { code: 'unavailable', message: /its worker exited with 7/ })
  assert.deepEqual(repository.index().at(-1), {
    name: 'stray',
    version: '1',
    state: 'UNAVAILABLE',
    reason: 'Its worker exited with 7; another is started',
  })
  assert.deepEqual(repository.readyVersions('stray'), [])
  assert.deepEqual(await ask(greet, 'you'), ['hello you'])
  await until(() => stray.fault() === undefined)
  assert.deepEqual(await ask(repository.find('stray'), 'a', 'b'), ['a', 'b'])
})

test('a version whose files have changed is not served under its old digest by the next worker', async (t) => {
  const exits = textModule(`predict({ text }) { if (text) process.exit(7); return { answer: '' } },`)
  const dir = await writeModels(t, { 'm/1/model.ts': exits })
  const repository = await open(t, dir)
  await repository.loadFound()
  const first = repository.find('m')
  await writeModelFile(dir, 'm/1/model.ts', echoModule('changed '))
  await assert.rejects(ask(first, 'exit'), { code: 'internal' })
  await until(() => first.fault()?.includes('could not') === true)
  assert.throws(() => repository.find('m'), { message: /its files have changed since it was loaded/ })
  await repository.unload('m')
  await repository.load('m')
  assert.deepEqual(await ask(repository.find('m'), 'a'), ['changed a'])
  assert.notEqual(repository.find('m').digest, first.digest)
})

test('an endless loop ends with its time, or when nobody waits any more', async (t) => {
  const dir = await writeModels(t, {
    'loop/1/model.ts': textModule(`predict({ text }) { if (text) for (;;); return { answer: '' } },`),
    'loop/1/serving.json': '{"computeMsMax": 300}',
    'loop/2/model.ts': textModule(`predict({ text }) { if (text) for (;;); return { answer: '' } },`),
    'endless/1.0/serving.json': '{"computeMsMax": 300}',
  })
  await addOnnx(dir, 'endless')
  const repository = await open(t, dir)
  await repository.loadFound()
  const [limited, left] = [repository.find('loop', '1'), repository.find('loop', '2')]
  await assert.rejects(ask(limited, 'a'), { code: 'internal' })
  assert.equal(limited.fault(), 'computed a batch for longer than 300 ms (computeMsMax)')
  // Its warm-up has not ended either, and it is served all the same.
  const x: Tensor = { name: 'x', datatype: 'FP32', shape: [1], data: new Float32Array([1]) }
  await assert.rejects(repository.find('endless').infer([x], ['y'], patience()), { code: 'internal' })
  const gone = new AbortController()
  const abandoned = left.infer(text('a'), ['answer'], { signal: gone.signal })
  gone.abort(new Error('left'))
  await assert.rejects(abandoned, { message: 'left' })
  await until(() => left.fault() !== undefined)
  assert.equal(left.fault(), 'went on computing what nobody waited for any more')
})

test('unloading lets calls finish, ends the processes, and loading brings the model back', async (t) => {
  const dir = await writeModels(t)
  await writeModelFile(dir, 'm/1/model.ts', gatedModule(dir))
  const repository = await open(t, dir)
  await repository.loadFound()
  const version = repository.find('m')
  const call = ask(version, 'a')
  await until(async () => (await computed(dir)).length === 1)
  const unloaded = repository.unload('m')
  assert.throws(() => repository.find('m'), { code: 'unavailable', message: /It was unloaded; load the model/ })
  await assert.rejects(ask(version, 'b'), { code: 'unavailable', message: /is being unloaded/ })
  await openGate(dir)
  assert.deepEqual(await call, ['a'])
  await unloaded
  assert.equal(repository.index()[0]?.state, 'UNAVAILABLE')
  await repository.load('m')
  assert.deepEqual(await ask(repository.find('m'), 'c'), ['c'])
  await assert.rejects(repository.unload('other'), { code: 'not-found' })
})

test('unloading gives the memory back', { skip: process.platform !== 'linux' }, async (t) => {
  const heavy = textModule(
    `predict: () => ({ answer: String(process.pid) }), load() { globalThis.weights = Buffer.alloc(150e6, 1) },`,
  )
  const dir = await writeModels(t, { 'heavy/1/model.ts': heavy })
  const repository = await open(t, dir)
  await repository.loadFound()
  const [pid] = Object(await ask(repository.find('heavy'), 'a'))
  const before = readRssBytes(process.pid) ?? 0
  const worker = readRssBytes(Number(pid)) ?? 0
  assert.ok(worker > 150e6, `${worker}`)
  await repository.unload('heavy')
  assert.equal(readRssBytes(Number(pid)), undefined)
  const after = readRssBytes(process.pid) ?? 0
  assert.ok(after < before + 50e6, `${before} ${after}`)
})

test('calls that come while others are computed share batches, in as many processes as are asked for', async (t) => {
  const source = `import { setTimeout } from 'node:timers/promises'
${textModule(`predict: ({ text }) => ({ answer: text + ' alone ' + process.pid }),
    predictBatch: async (rows) => { await setTimeout(20); return rows.map(({ text }) => ({ answer: text + ' of ' + rows.length + ' ' + process.pid })) },`)}`
  const dir = await writeModels(t, {
    'm/1/model.ts': source,
    'm/1/serving.json': '{"instances": 2, "batching": {"rowsMax": 4, "delayMs": 5}}',
  })
  const repository = await open(t, dir)
  await repository.loadFound()
  const version = repository.find('m')
  const calls = Array.from({ length: 8 }, (_, index) => version.infer(text(`row ${index}`), ['answer'], patience()))
  const answers = (await Promise.all(calls)).map(
    ({ outputs, batchRows }) => [String(outputs[0]?.data[0]), batchRows] as const,
  )
  assert.ok(
    answers.every(([answer, rows], index) => rows === 4 && answer.startsWith(`row ${index} of 4 `)),
    `${answers}`,
  )
  assert.equal(new Set(answers.map(([answer]) => answer.split(' ').at(-1))).size, 2)
})

const SERVING = [
  ['an unknown field', '{"batchign": {}}', 'serving.json has an unknown field "batchign": did you mean batching?'],
  [
    'a warm-up that is no request',
    '{"warmUp": [{"inputs": [{"name": "txt"}]}]}',
    /^serving\.json: warmUp\[0\]: .*"txt"/,
  ],
  [
    'too little memory',
    '{"memoryBytesMax": "64MiB"}',
    /^When it was warmed up, its worker occupied \d+ MiB, more than its 64 MiB/,
  ],
] as const

test('settings that cannot be kept to are the reason why a version is not there', async (t) => {
  const files = SERVING.flatMap(([, settings], index): [string, string][] => [
    [`m/${index}/model.ts`, `${echoModule('')}\nexport const weights = Buffer.alloc(80e6, 1)`],
    [`m/${index}/serving.json`, settings],
  ])
  const repository = await open(t, await writeModels(t, Object.fromEntries(files)))
  await repository.loadFound()
  assert.equal(repository.index().length, SERVING.length)
  for (const [index, { state, reason }] of repository.index().entries()) {
    const [what, , expected] = SERVING[index] ?? []
    assert.equal(state, 'UNAVAILABLE', String(what))
    if (expected instanceof RegExp) assert.match(reason, expected)
    else assert.equal(reason, expected)
  }
})

test('a warm-up runs the samples given, and one that fails or ends the process is no reason to withhold a model', async (t) => {
  const dir = await writeModels(t)
  const sample = (value: string) => ({ inputs: [{ name: 'text', datatype: 'BYTES', shape: [1], data: [value] }] })
  const noting = `import { appendFileSync } from 'node:fs'
${textModule(`predict({ text }) {
      appendFileSync('${dir}/computed', text + '\\n')
      if (text === 'throw') throw new Error('no')
      if (text === 'exit') process.exit(1)
      return { answer: text } },`)}`
  await writeModelFile(dir, 'm/1/model.ts', noting)
  await writeModelFile(dir, 'm/1/serving.json', JSON.stringify({ warmUp: ['a', 'b', 'throw'].map(sample) }))
  await writeModelFile(dir, 'm/2/model.ts', noting)
  await writeModelFile(dir, 'm/2/serving.json', JSON.stringify({ warmUp: ['exit'].map(sample) }))
  const repository = await open(t, dir)
  await repository.loadFound()
  assert.deepEqual(repository.readyVersions('m'), ['1', '2'])
  assert.deepEqual((await computed(dir)).toSorted(), ['a', 'b', 'exit', 'throw'])
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
  const served = await writeModels(t, { 'm/1/model.ts': withIdentity('w@1'), 'm/1/serving.json': '{"threads": 2}' })
  const repository = await open(t, served)
  await repository.loadFound()
  assert.equal(repository.find('m').digest, first, 'settings change no answer')
})
