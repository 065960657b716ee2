import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFakeClock } from '../../test/fake-clock.ts'
import type { Generated, Piece } from '../models/text-model.ts'
import { createGenerationLine, type GenerateOptions } from './generation-line.ts'
import type { GenerationWorker } from './run-generation.ts'

const generated: Generated = { finishReason: 'stop', inputTokens: 3, outputTokens: 5 }

interface Asked extends PromiseWithResolvers<Generated> {
  readonly prompt: unknown
  readonly signal: AbortSignal
  write(text: string): void
}

function fakeWorker(generations = 2) {
  const asked: Asked[] = []
  const killed: string[] = []
  const worker: GenerationWorker = {
    startMs: 70,
    facts: { platform: '', signature: { inputs: [], outputs: [] }, identity: undefined, batches: false, generations },
    alive: () => killed.length === 0,
    kill: (reason) => void killed.push(reason),
    generate({ input: prompt }, onPiece, signal) {
      const settling = Promise.withResolvers<Generated>()
      asked.push({ prompt, signal, write: (text) => onPiece({ text, isReasoning: false }), ...settling })
      return settling.promise
    },
  }
  return { worker, asked, killed }
}

function setUp(generations = 2) {
  const clock = createFakeClock()
  const computed: number[] = []
  const bounds = { queueMsMax: 100, computeMsMax: 1000, callsMax: 8, bytesMax: 50 }
  const line = createGenerationLine({ ...bounds, clock, onGeneration: (ms) => computed.push(ms) })
  const fake = fakeWorker(generations)
  const generate = (input: string, options: Partial<GenerateOptions> = {}) => {
    const answer = line.generate({ input }, { onPiece: () => {}, signal: new AbortController().signal, ...options })
    answer.catch(() => {})
    return answer
  }
  return { ...fake, clock, line, generate, computed }
}

test('as many at once as the worker runs, the others in their order', async () => {
  const { line, worker, asked, generate, clock } = setUp()
  line.offer(worker)
  const answers = ['a', 'b', 'c', 'd'].map((input) => generate(input))
  assert.deepEqual(
    asked.map(({ prompt }) => prompt),
    ['a', 'b'],
  )
  assert.equal(line.waiting(), 4)
  await clock.pass(30)
  asked[1]?.resolve(generated)
  assert.deepEqual(await answers[1], { ...generated, queueMs: 0, computeMs: 30 })
  assert.equal(asked[2]?.prompt, 'c')
  asked[2]?.resolve(generated)
  assert.equal((await answers[2])?.queueMs, 30)
  assert.equal(line.waiting(), 2)
})

test('pieces go out as they come, and none to a caller who left', async () => {
  const { line, worker, asked, generate } = setUp()
  line.offer(worker)
  const pieces: Piece[] = []
  const controller = new AbortController()
  const answer = generate('a', { onPiece: (piece) => pieces.push(piece), signal: controller.signal })
  asked[0]?.write('one')
  controller.abort(new Error('left'))
  asked[0]?.write('two')
  await assert.rejects(answer, { message: 'left' })
  assert.deepEqual(pieces, [{ text: 'one', isReasoning: false }])
})

test('who leaves is answered at once; the place is free when the worker has stopped', async () => {
  const { line, worker, asked, killed, generate, clock } = setUp(1)
  line.offer(worker)
  const controller = new AbortController()
  const first = generate('a', { signal: controller.signal })
  const second = generate('b')
  controller.abort(new Error('left'))
  await assert.rejects(first, { message: 'left' })
  assert.equal(asked[0]?.signal.aborted, true)
  assert.equal(asked.length, 1)
  asked[0]?.reject(new Error('stopped'))
  await clock.pass(0)
  asked[1]?.resolve(generated)
  assert.equal((await second).outputTokens, 5)
  await clock.pass(10_000)
  assert.deepEqual(killed, [])
})

test('who leaves while waiting is never asked for', async () => {
  const { line, worker, asked, generate } = setUp(1)
  line.offer(worker)
  void generate('a')
  const controller = new AbortController()
  const second = generate('b', { signal: controller.signal })
  controller.abort(new Error('left'))
  await assert.rejects(second, { message: 'left' })
  asked[0]?.resolve(generated)
  assert.equal(asked.length, 1)
})

test('a worker that does not stop is ended, and so is one that writes nothing', async () => {
  const deaf = setUp()
  deaf.line.offer(deaf.worker)
  const controller = new AbortController()
  void deaf.generate('a', { signal: controller.signal })
  controller.abort(new Error('left'))
  await deaf.clock.pass(999)
  assert.deepEqual(deaf.killed, [])
  await deaf.clock.pass(1)
  assert.deepEqual(deaf.killed[0], 'abandoned')

  const silent = setUp()
  silent.line.offer(silent.worker)
  void silent.generate('a')
  await silent.clock.pass(900)
  silent.asked[0]?.write('still here')
  await silent.clock.pass(999)
  assert.deepEqual(silent.killed, [])
  await silent.clock.pass(1)
  assert.deepEqual(silent.killed, ['compute-time'])
})

test('refuses with a time to come again what would wait too long; a round may always wait', async () => {
  const { line, worker, asked, generate, clock } = setUp(1)
  line.offer(worker)
  const first = generate('a')
  await clock.pass(400)
  asked[0]?.resolve(generated)
  await first
  void generate('b')
  void generate('c')
  await assert.rejects(generate('d'), { code: 'unavailable', retryAfterMs: 400 })
})

test('inputs that wait are bounded', async () => {
  const { line, worker, generate } = setUp(1)
  line.offer(worker)
  void generate('x'.repeat(40))
  await assert.rejects(generate('x'.repeat(11)), { code: 'unavailable', message: /40 bytes/ })
  void generate('x'.repeat(10))
})

test('without a worker calls are refused, and those that wait fail if the next one is far off', async () => {
  const { line, worker, generate } = setUp(1)
  await assert.rejects(generate('a'), { code: 'unavailable' })
  line.offer(worker)
  void generate('a')
  const waits = generate('b')
  line.suspend('it crashed', 50)
  assert.equal(line.waiting(), 2)
  await assert.rejects(generate('c'), { message: 'it crashed' })
  line.suspend('it crashed', 500)
  await assert.rejects(waits, { message: 'it crashed' })
})

test('draining lets what there is finish; closing fails it', async () => {
  const { line, worker, asked, generate } = setUp(1)
  line.offer(worker)
  const first = generate('a')
  const second = generate('b')
  const drained = line.drain('it is unloaded')
  await assert.rejects(generate('c'), { message: 'it is unloaded' })
  asked[0]?.resolve(generated)
  await first
  line.close('it is unloaded')
  await assert.rejects(second, { message: 'it is unloaded' })
  await drained
})

test('a failure is the call’s own, and the worker goes on', async () => {
  const { line, worker, asked, generate, computed } = setUp(1)
  line.offer(worker)
  const first = generate('a')
  const second = generate('b')
  asked[0]?.reject(new Error('the model failed'))
  await assert.rejects(first, { message: 'the model failed' })
  asked[1]?.resolve(generated)
  await second
  assert.deepEqual(computed, [0, 0])
})
