import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import type { Tensor } from '@astraapi/oip'
import {
  addOnnx,
  computed,
  echoModule,
  gatedModule,
  openGate,
  textModule,
  until,
  writeModels,
} from '../../test/write-models.ts'
import { type StartOptions, startWorker } from './start-worker.ts'
import type { Worker } from './worker.ts'

interface Started {
  readonly worker: Worker
  readonly lines: readonly string[]
}

async function startFile(t: TestContext, file: string, options: Partial<StartOptions> = {}): Promise<Started> {
  const lines: string[] = []
  const worker = await startWorker({
    file,
    threads: 1,
    generation: { contextSize: undefined, sequences: 2, gpu: 'auto' },
    loadMsMax: 30_000,
    signal: t.signal,
    onLine: (line, stream) => lines.push(`${stream}: ${line}`),
    ...options,
  })
  t.after(() => worker.kill('closed', 'test is over'))
  return { worker, lines }
}

async function start(t: TestContext, source: string, options: Partial<StartOptions> = {}): Promise<Started> {
  const dir = await writeModels(t, { 'm/1/model.ts': source })
  return startFile(t, `${dir}/m/1/model.ts`, options)
}

const text = (...data: string[]): Tensor[] => [{ name: 'text', datatype: 'BYTES', shape: [data.length], data }]

test('a module and an ONNX model answer through their processes, and say what they are', async (t) => {
  const { worker } = await start(t, echoModule('hello '))
  assert.equal(worker.facts.platform, 'nodejs_module')
  assert.deepEqual(await worker.infer(text('you', 'é😀'), ['answer']), [
    { name: 'answer', datatype: 'BYTES', shape: [2], data: ['hello you', 'hello é😀'] },
  ])
  const dir = await writeModels(t)
  await addOnnx(dir, 'sum')
  const { worker: sum } = await startFile(t, `${dir}/sum/1.0/model.onnx`)
  assert.deepEqual([sum.facts.platform, sum.facts.batches], ['onnxruntime_onnx', true])
  const x: Tensor = { name: 'x', datatype: 'FP32', shape: [1, 3], data: new Float32Array([1, 2, 3.5]) }
  assert.deepEqual(await sum.infer([x], ['total']), [
    { name: 'total', datatype: 'FP32', shape: [1], data: new Float32Array([6.5]) },
  ])
})

test('a module that throws has failed on this input only, with its own stack', async (t) => {
  const { worker } = await start(
    t,
    textModule(`predict({ text }) { if (text === 'bad') throw new Error('a detail'); return { answer: text } },`),
  )
  await assert.rejects(worker.infer(text('bad'), ['answer']), (error) => {
    return error instanceof Error && error.message === 'a detail' && /model\.ts:\d+/.test(error.stack ?? '')
  })
  assert.deepEqual((await worker.infer(text('good'), ['answer']))[0]?.data, ['good'])
})

test('whatever a module throws, the worker lives on and its message is short', async (t) => {
  const throwing = `
    const odd = {
      bare: Object.create(null),
      getter: Object.defineProperty(new Error('a'), 'message', { get() { throw 1 } }),
      proxy: new Proxy(new Error('a'), { get() { throw new Error('b') } }),
      long: new Error('m'.repeat(10_000_000)),
    }
    if (text in odd) throw odd[text]
    return { answer: text }`
  const { worker } = await start(t, textModule(`predict({ text }) { ${throwing} },`))
  for (const what of ['bare', 'getter', 'proxy', 'long']) {
    await assert.rejects(worker.infer(text(what), ['answer']), (error) => {
      return error instanceof Error && error.message.length <= 1000 && (error.stack ?? '').length < 6000
    })
  }
  assert.deepEqual((await worker.infer(text('good'), ['answer']))[0]?.data, ['good'])
})

const ENDINGS = [
  ['calls process.exit', 'process.exit(0)', 'exited with 0'],
  [
    'throws in a timer',
    `setTimeout(() => { throw new Error('stray') }); await new Promise(() => {})`,
    'ended by an error that nothing caught: stray',
  ],
  [
    'rejects where nobody looks',
    `Promise.reject(new Error('stray')); await new Promise(() => {})`,
    'ended by an error that nothing caught: stray',
  ],
  ['crashes', `process.kill(process.pid, 'SIGSEGV'); await new Promise(() => {})`, 'was ended by SIGSEGV'],
  [
    'writes to the descriptor',
    `(await import('node:fs')).writeSync(3, 'rubbish rubbish'); await new Promise(() => {})`,
    /^sent what nobody can read: /,
  ],
] as const

for (const [what, code, detail] of ENDINGS) {
  test(`a module that ${what} ends its process, and whoever waits hears of it`, async (t) => {
    const { worker } = await start(t, textModule(`async predict() { ${code} },`))
    await assert.rejects(worker.infer(text('a'), ['answer']), { name: 'WorkerGone' })
    const end = await worker.ended
    assert.equal(end.reason, 'crash')
    if (typeof detail === 'string') assert.equal(end.detail, detail)
    else assert.match(end.detail, detail)
    assert.equal(worker.alive(), false)
    await assert.rejects(worker.infer(text('a'), ['answer']), { name: 'WorkerGone' })
  })
}

const UNLOADABLE = [
  ['no model file', 'export const model = 1', {}, /must export `model`/],
  [
    'a load that throws',
    textModule(`predict: () => ({}), load() { throw new Error('no weights') },`),
    {},
    /^Error: no weights$/,
  ],
  [
    'a load that exits',
    textModule('predict: () => ({}), load() { process.exit(3) },'),
    {},
    /^WorkerGone: The worker exited with 3$/,
  ],
  [
    'a load that loops for ever',
    textModule('predict: () => ({}), load() { for (;;); },'),
    { loadMsMax: 300 },
    /had not loaded its model after 300 ms \(loadMsMax\)$/,
  ],
] as const

for (const [what, source, options, message] of UNLOADABLE) {
  test(`a start is refused with the reason: ${what}`, async (t) => {
    await assert.rejects(start(t, source, options), message)
  })
}

test('a file that is no ONNX model is refused with the reason', async (t) => {
  const dir = await writeModels(t, { 'bad/1/model.onnx': 'not a model' })
  await assert.rejects(startFile(t, `${dir}/bad/1/model.onnx`), /Protobuf parsing failed/)
})

test('a start that nobody wants any more ends', async (t) => {
  const giveUp = new AbortController()
  const starting = start(t, textModule('predict: () => ({}), load() { for (;;); },'), { signal: giveUp.signal })
  setImmediate(() => giveUp.abort())
  await assert.rejects(starting, /was not wanted any more|aborted/)
})

test('what a module prints comes line by line, and rubbish harms nobody', async (t) => {
  const { worker, lines } = await start(
    t,
    textModule(`predict({ text }) {
      if (text === 'rubbish') for (let line = 0; line < 2000; line++) process.stdout.write('\\u0000\\u001b[31m rubbish '.repeat(20))
      else { console.log('to you: ' + text); console.error('alas') }
      return { answer: text }
    },`),
  )
  await worker.infer(text('a'), ['answer'])
  await until(() => lines.length === 2)
  assert.deepEqual(lines.toSorted(), ['stderr: alas', 'stdout: to you: a'])
  assert.deepEqual((await worker.infer(text('rubbish'), ['answer']))[0]?.data, ['rubbish'])
  await worker.close(1000)
  assert.ok(lines.every((line) => line.length < 1100))
  assert.match(lines.at(-1) ?? '', /and \d+ characters more, which were dropped/)
})

test('one that loops for ever is killed; one that closes gets its time, and no more', async (t) => {
  const { worker } = await start(t, textModule('predict() { for (;;); },'))
  const looping = worker.infer(text('a'), ['answer'])
  worker.kill('compute-time', 'took too long')
  await assert.rejects(looping, { name: 'WorkerGone', message: 'The worker took too long' })
  assert.deepEqual(await worker.ended, { reason: 'compute-time', detail: 'took too long' })

  const { worker: closing, lines } = await start(
    t,
    textModule(`predict: () => ({}), close() { console.log('closed') },`),
  )
  await closing.close(5000)
  await until(() => lines.includes('stdout: closed'))
  const { worker: stuck } = await start(t, textModule('predict: () => ({}), close() { for (;;); },'))
  await stuck.close(50)
  assert.equal((await stuck.ended).reason, 'closed')
})

test('one that is retired answers first', async (t) => {
  const dir = await writeModels(t)
  const { worker } = await start(t, gatedModule(dir))
  const answer = worker.infer(text('a'), ['answer'])
  await until(async () => (await computed(dir)).length === 1)
  worker.retire('memory', 'grew')
  assert.equal(worker.alive(), true)
  await openGate(dir)
  assert.deepEqual((await answer)[0]?.data, ['a'])
  assert.equal(worker.alive(), false)
  assert.equal((await worker.ended).reason, 'memory')
})

test('one that outgrows its memory is retired after the answer', async (t) => {
  const hoarder = textModule(`hoard: [],
    predict({ text }) { this.hoard.push(Buffer.alloc(Number(text), 1)); return { answer: text } },`)
  const { worker } = await start(t, hoarder, { memoryBytesMax: 256 * 2 ** 20 })
  assert.deepEqual((await worker.infer(text('1000'), ['answer']))[0]?.data, ['1000'])
  assert.equal(worker.alive(), true)
  assert.deepEqual((await worker.infer(text('300000000'), ['answer']))[0]?.data, ['300000000'])
  const { reason, detail } = await worker.ended
  assert.equal(reason, 'memory')
  assert.match(detail, /^occupied \d+ MiB, more than its 256 MiB/)
})

test('JavaScript’s own heap is limited, too', async (t) => {
  const { worker } = await start(
    t,
    textModule(`predict() { const hoard = []; for (;;) hoard.push(new Array(1000).fill(hoard.length)) },`),
    { memoryBytesMax: 64 * 2 ** 20 },
  )
  await assert.rejects(worker.infer(text('a'), ['answer']), { name: 'WorkerGone' })
  assert.match((await worker.ended).detail, /SIGABRT|SIGTRAP|exited with/)
})

test('a worker in an endless loop does not outlive a parent that is killed', async (t) => {
  const dir = await writeModels(t, { 'm/1/model.ts': textModule('predict() { for (;;); },') })
  const script = `
    const { startWorker } = await import(${JSON.stringify(new URL('start-worker.ts', import.meta.url).href)})
    const worker = await startWorker({ file: '${dir}/m/1/model.ts', threads: 1, loadMsMax: 30000, onLine() {}, signal: AbortSignal.timeout(30000) })
    worker.infer([{ name: 'text', datatype: 'BYTES', shape: [1], data: ['a'] }], ['answer'])
    console.log(worker.pid)
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), 50)`
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [printed] = await once(parent.stdout, 'data')
  const pid = Number(printed)
  t.after(() => isRunning(pid) && process.kill(pid, 'SIGKILL'))
  await once(parent, 'exit')
  assert.equal(parent.signalCode, 'SIGKILL')
  await until(() => !isRunning(pid))
})

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
