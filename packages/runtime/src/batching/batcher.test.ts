import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Tensor } from '@astraapi/oip'
import { createFakeClock } from '../../test/fake-clock.ts'
import { type EndReason, WorkerGone } from '../workers/worker.ts'
import { type BatcherOptions, createBatcher } from './batcher.ts'
import type { BatchWorker } from './run-batch.ts'

const row = (...values: number[]): Tensor[] => [
  { name: 'x', datatype: 'INT32', shape: [values.length], data: new Int32Array(values) },
]

interface FakeWorker extends BatchWorker {
  /** What it was asked, batch by batch. */
  readonly batches: (readonly number[])[]
  /** Answers the batch that it is at: each number doubled, or what is given instead. */
  answer(outputs?: readonly Tensor[]): void
  fail(error: Error): void
  die(): void
  killed: EndReason | undefined
}

function fakeWorker(startMs = 200): FakeWorker {
  let asked: PromiseWithResolvers<readonly Tensor[]> | undefined
  let alive = true
  const worker: FakeWorker = {
    startMs,
    batches: [],
    killed: undefined,
    alive: () => alive,
    async infer(inputs) {
      assert.equal(asked, undefined, 'one batch at a time')
      assert.ok(alive)
      asked = Promise.withResolvers()
      worker.batches.push(numbersOf(inputs))
      return asked.promise
    },
    answer(outputs) {
      const waiting = asked
      asked = undefined
      waiting?.resolve(outputs ?? [{ ...row()[0], ...doubled(worker.batches.at(-1) ?? []) }])
    },
    fail(error) {
      const waiting = asked
      asked = undefined
      waiting?.reject(error)
    },
    die() {
      alive = false
      worker.fail(new WorkerGone({ reason: 'crash', detail: 'exited with 1' }))
    },
    kill(reason) {
      worker.killed = reason
      worker.die()
    },
  }
  return worker
}

const doubled = (values: readonly number[]): Tensor => ({
  name: 'y',
  datatype: 'INT32',
  shape: [values.length],
  data: new Int32Array(values.map((value) => value * 2)),
})
const numbersOf = ([tensor]: readonly Tensor[]) => Array.from<unknown, number>(tensor?.data ?? [], Number)

function setUp(options: Partial<BatcherOptions> = {}) {
  const clock = createFakeClock()
  const batcher = createBatcher({
    joins: true,
    rowsMax: 8,
    delayMs: 0,
    queueMsMax: 2000,
    computeMsMax: 30_000,
    callsMax: 1024,
    bytesMax: 1_000_000,
    clock,
    onBatch: () => {},
    ...options,
  })
  const call = (
    inputs: readonly Tensor[],
    more: { signal?: AbortSignal; deadlineMs?: number; outputs?: string[] } = {},
  ) => {
    const { signal = new AbortController().signal, outputs = ['y'], ...others } = more
    const result = batcher
      .infer(inputs, outputs, { signal, ...others })
      .then((inferred) => ({ ...inferred, values: numbersOf(inferred.outputs) }))
    // Not every test looks at every call.
    result.catch(() => {})
    return result
  }
  return { batcher, clock, call }
}

async function fails(promise: Promise<unknown>, expected: object): Promise<void> {
  await assert.rejects(promise, expected)
}

test('what came while the worker was busy is computed together, and each gets its own rows', async () => {
  const { batcher, clock, call } = setUp()
  const worker = fakeWorker()
  batcher.offer(worker)
  const first = call(row(1))
  const others = [call(row(2, 3)), call(row(4)), call(row(5, 6, 7))]
  await clock.pass(7)
  assert.equal(batcher.waiting(), 4)
  worker.answer()
  await clock.pass(5)
  worker.answer()
  await clock.pass(0)
  assert.deepEqual(worker.batches, [[1], [2, 3, 4, 5, 6, 7]])
  const { values, queueMs, computeMs, batchRows } = await first
  assert.deepEqual([values, queueMs, computeMs, batchRows], [[2], 0, 7, 1])
  const answers = await Promise.all(others)
  assert.deepEqual(
    answers.map((answer) => [answer.values, answer.queueMs, answer.computeMs, answer.batchRows]),
    [
      [[4, 6], 7, 5, 6],
      [[8], 7, 5, 6],
      [[10, 12, 14], 7, 5, 6],
    ],
  )
  assert.equal(batcher.waiting(), 0)
})

test('calls of other shapes or other outputs are not mixed in', async () => {
  const { batcher, clock, call } = setUp()
  const worker = fakeWorker()
  batcher.offer(worker)
  const wide: Tensor[] = [{ name: 'x', datatype: 'INT32', shape: [1, 2], data: new Int32Array([5, 6]) }]
  void call(row(1))
  void call(row(2))
  void call(wide)
  void call(row(3), { outputs: ['z'] })
  void call(row(4))
  for (let batch = 0; batch < 4; batch++) {
    await clock.pass(1)
    worker.answer()
  }
  await clock.pass(1)
  assert.deepEqual(worker.batches, [[1], [2, 4], [5, 6], [3]])
})

test('a large call is cut, lets others in between, and is put together in order', async () => {
  const { batcher, clock, call } = setUp({ rowsMax: 2 })
  const worker = fakeWorker()
  batcher.offer(worker)
  const large = call(row(1, 2, 3, 4, 5))
  const small = call(row(6))
  for (let batch = 0; batch < 3; batch++) {
    await clock.pass(1)
    worker.answer()
  }
  await clock.pass(1)
  assert.deepEqual(worker.batches, [
    [1, 2],
    [3, 4],
    [6, 5],
  ])
  assert.deepEqual([(await large).values, (await small).values], [[2, 4, 6, 8, 10], [12]])
})

test('a model without a batch gets every call by itself, as it is', async () => {
  const { batcher, clock, call } = setUp({ joins: false, rowsMax: 1 })
  const worker = fakeWorker()
  batcher.offer(worker)
  const first = call(row(1, 2, 3))
  void call(row(4))
  await clock.pass(1)
  worker.answer([doubled([1])]) // One row for three: its own affair.
  await clock.pass(1)
  assert.deepEqual(worker.batches, [[1, 2, 3], [4]])
  assert.deepEqual((await first).values, [2])
})

test('a batch waits for more only where it may, and no longer than that or until it is full', async () => {
  const { batcher, clock, call } = setUp({ rowsMax: 2, delayMs: 5 })
  const [worker, other] = [fakeWorker(), fakeWorker()]
  batcher.offer(worker)
  batcher.offer(other)
  void call(row(1))
  await clock.pass(4)
  assert.deepEqual(worker.batches, [])
  await clock.pass(1)
  assert.deepEqual(worker.batches, [[1]])
  void call(row(2))
  void call(row(3))
  assert.deepEqual(other.batches, [[2, 3]])
})

test('when a batch fails its calls are computed alone, and only the one at fault gets an error', async () => {
  const { batcher, clock, call } = setUp()
  const worker = fakeWorker()
  batcher.offer(worker)
  void call(row(0))
  const [good, bad, later] = [call(row(1)), call(row(2)), call(row(3))]
  await clock.pass(1)
  worker.answer()
  await clock.pass(1)
  worker.fail(new Error('a bad row'))
  await clock.pass(1)
  worker.answer()
  await clock.pass(1)
  worker.fail(new Error('a bad row'))
  await clock.pass(1)
  worker.answer()
  assert.deepEqual(worker.batches, [[0], [1, 2, 3], [1], [2], [3]])
  assert.deepEqual([(await good).values, (await later).values], [[2], [6]])
  await fails(bad, { message: 'a bad row' })
})

test('a worker that dies takes along only the call that killed it twice', async () => {
  const { batcher, clock, call } = setUp()
  const first = fakeWorker()
  batcher.offer(first)
  void call(row(0))
  const [good, poison] = [call(row(1)), call(row(2))]
  await clock.pass(1)
  first.answer()
  await clock.pass(1)
  first.die()
  batcher.suspend('its worker exited with 1', 300)
  await clock.pass(1)
  await fails(call(row(9)), { code: 'unavailable', message: 'its worker exited with 1', retryAfterMs: undefined })
  const second = fakeWorker()
  batcher.offer(second)
  await clock.pass(1)
  second.answer()
  await clock.pass(1)
  second.die()
  assert.deepEqual(second.batches, [[1], [2]])
  assert.deepEqual((await good).values, [2])
  await fails(poison, { name: 'WorkerGone', message: 'The worker exited with 1' })
})

test('what waits is refused when the next worker is far off', async () => {
  const { batcher, clock, call } = setUp({ queueMsMax: 1000 })
  const worker = fakeWorker()
  batcher.offer(worker)
  const calls = [call(row(1)), call(row(2))]
  batcher.suspend('gone', 1001)
  worker.die()
  await clock.pass(1)
  await fails(calls[0] ?? Promise.resolve(), { name: 'WorkerGone' })
  await fails(calls[1] ?? Promise.resolve(), { code: 'unavailable', message: 'gone' })
})

test('what is aborted or past its deadline leaves at once, and never runs', async () => {
  const { batcher, clock, call } = setUp()
  const worker = fakeWorker()
  batcher.offer(worker)
  const gone = new AbortController()
  const running = call(row(1))
  const aborted = call(row(2), { signal: gone.signal })
  const expired = call(row(3), { deadlineMs: clock.now() + 10 })
  const last = call(row(4))
  gone.abort(new Error('left'))
  await fails(aborted, { message: 'left' })
  await clock.pass(10)
  await fails(expired, { code: 'unavailable', retryAfterMs: 100 })
  worker.answer()
  await clock.pass(1)
  worker.answer()
  await Promise.all([running, last])
  assert.deepEqual(worker.batches, [[1], [4]])
  await fails(call(row(5), { signal: gone.signal }), { message: 'left' })
})

test('a batch beyond its time ends the worker, and its calls are not tried again', async () => {
  const { batcher, clock, call } = setUp({ computeMsMax: 100 })
  const worker = fakeWorker()
  batcher.offer(worker)
  void call(row(0))
  const both = [call(row(1)), call(row(2))]
  await clock.pass(50)
  worker.answer()
  await clock.pass(99)
  assert.equal(worker.killed, undefined)
  await clock.pass(1)
  assert.equal(worker.killed, 'compute-time')
  for (const each of both) await fails(each, { name: 'WorkerGone' })
})

for (const [startMs, graceMs] of [
  [200, 1000],
  [3000, 3000],
] as const) {
  test(`a batch that nobody waits for is given as long as a start took, at least a second: ${startMs} ms`, async () => {
    const { batcher, clock, call } = setUp()
    const worker = fakeWorker(startMs)
    batcher.offer(worker)
    const gone = new AbortController()
    const left = call(row(1), { signal: gone.signal })
    const expired = call(row(2, 3), { deadlineMs: clock.now() + 100 })
    gone.abort(new Error('left'))
    await fails(left, { message: 'left' })
    await clock.pass(graceMs - 1)
    assert.equal(worker.killed, undefined)
    await clock.pass(1)
    assert.equal(worker.killed, 'abandoned')
    await fails(expired, { code: 'unavailable' })
  })
}

test('a batch that is still waited for by one goes on', async () => {
  const { batcher, clock, call } = setUp()
  const worker = fakeWorker()
  batcher.offer(worker)
  void call(row(0))
  const gone = new AbortController()
  const left = call(row(1), { signal: gone.signal })
  const stays = call(row(2))
  await clock.pass(1)
  worker.answer()
  await clock.pass(1)
  gone.abort(new Error('left'))
  await fails(left, { message: 'left' })
  await clock.pass(10_000)
  worker.answer()
  assert.deepEqual((await stays).values, [4])
  assert.equal(worker.killed, undefined)
})

test('an answer with another number of rows is nobody’s when calls were joined or cut', async () => {
  const { batcher, clock, call } = setUp({ rowsMax: 2 })
  const worker = fakeWorker()
  batcher.offer(worker)
  const whole = call(row(1, 2))
  const cut = call(row(3, 4, 5))
  await clock.pass(1)
  worker.answer([doubled([7])])
  assert.deepEqual((await whole).values, [14])
  await clock.pass(1)
  worker.answer([doubled([7])])
  await fails(cut, /2 rows with another number of rows: set "batching" to false in serving.json/)
})

test('the line is bounded by time once the model’s pace is known', async () => {
  const { batcher, clock, call } = setUp({ rowsMax: 1, queueMsMax: 1000 })
  const worker = fakeWorker()
  batcher.offer(worker)
  void call(row(0))
  await clock.pass(200) // So long for a row.
  worker.answer()
  await clock.pass(0)
  void call(row(1)) // Is computed at once.
  for (let waiting = 0; waiting < 6; waiting++) void call(row(2))
  await fails(call(row(3)), {
    code: 'unavailable',
    retryAfterMs: 1200,
    message: /take another 1200 ms; try again later/,
  })
  worker.answer()
  await clock.pass(0)
  assert.equal(batcher.waiting(), 6)
  void call(row(4))
  assert.equal(batcher.waiting(), 7)
  await fails(call(row(5), { deadlineMs: clock.now() + 900 }), { code: 'unavailable', message: /too soon/ })
})

test('so many calls may wait and no more, however fast the model is', async () => {
  const { batcher, call } = setUp({ callsMax: 2 })
  batcher.offer(fakeWorker())
  for (const value of [1, 2, 3]) void call(row(value))
  await fails(call(row(4)), { code: 'unavailable', message: '2 calls are waiting already; try again later' })
  assert.equal(batcher.waiting(), 3)
})

test('of a large call only the next piece is in the way of others', async () => {
  const { batcher, clock, call } = setUp({ rowsMax: 2, queueMsMax: 1000 })
  const worker = fakeWorker()
  batcher.offer(worker)
  void call(row(0))
  await clock.pass(100) // So long for a row.
  worker.answer()
  await clock.pass(0)
  void call(row(...Array.from({ length: 1000 }, () => 1)))
  const small = call(row(2), { deadlineMs: clock.now() + 500 })
  for (const value of [3, 4, 5, 6, 7, 8, 9]) void call(row(value))
  for (let batch = 0; batch < 3; batch++) {
    await clock.pass(1)
    worker.answer()
  }
  await clock.pass(0)
  assert.deepEqual(worker.batches.slice(1, 4), [
    [1, 1],
    [1, 1],
    [2, 3],
  ])
  assert.deepEqual((await small).values, [4])
})

test('rows that a call merely claims, or that its inputs do not agree on, are not cut or joined', async () => {
  const { batcher, clock, call } = setUp({ rowsMax: 2 })
  const worker = fakeWorker()
  batcher.offer(worker)
  const empty = call([{ name: 'x', datatype: 'INT32', shape: [5, 0], data: new Int32Array() }])
  const none = { name: 'y', datatype: 'INT32', shape: [5, 0], data: new Int32Array() } as const
  await clock.pass(1)
  worker.answer([none])
  assert.deepEqual((await empty).outputs, [none])
  const uneven = (...counts: number[]) =>
    call(counts.map((rows, index) => ({ ...row()[0], ...doubled(Array(rows).fill(1)), name: `x${index}` })))
  for (const counts of [[1], [1, 2], [2, 1]]) void uneven(...counts)
  for (let batch = 0; batch < 3; batch++) {
    await clock.pass(1)
    worker.answer()
  }
  assert.deepEqual(worker.batches, [[], [2], [2], [2, 2]])
  await fails(call([{ ...none, shape: [9e12, 0] }]), { code: 'invalid', message: /send several calls/ })
  await fails(call(row(...new Int32Array(65_537))), { code: 'invalid', message: /send several calls/ })
  assert.equal(batcher.waiting(), 0)
})

test('what waits is bounded in bytes, and given back; a call by itself may have more', async () => {
  const { batcher, clock, call } = setUp({ bytesMax: 8 })
  const worker = fakeWorker()
  batcher.offer(worker)
  const text: Tensor[] = [{ name: 'x', datatype: 'BYTES', shape: [1], data: ['a'] }]
  for (const alone of [row(1, 2, 3), text]) {
    const first = call(alone)
    await fails(call(row(4)), { code: 'unavailable', message: /hold \d+ bytes already/, retryAfterMs: 100 })
    worker.answer(alone)
    await first
  }
  const both = [call(row(1)), call(row(2))]
  await fails(call(row(3)), { code: 'unavailable', message: /hold 8 bytes already/ })
  for (const each of both) {
    await clock.pass(1)
    worker.answer()
    await each
  }
})

for (const [batchMs, killedAfterMs] of [
  // Done in 2 s, which is when waiting and starting would be over; and a second for being late.
  [2100, 3000],
  [2200, 1000],
] as const) {
  test(`a batch of ${batchMs} ms that is left after 100 ms may go on for ${killedAfterMs} ms`, async () => {
    const { batcher, clock, call } = setUp()
    const worker = fakeWorker(200)
    batcher.offer(worker)
    void call(row(0))
    await clock.pass(batchMs)
    worker.answer()
    await clock.pass(0)
    const gone = new AbortController()
    const left = call(row(1), { signal: gone.signal })
    await clock.pass(100)
    gone.abort(new Error('left'))
    await fails(left, { message: 'left' })
    await clock.pass(killedAfterMs - 1)
    assert.equal(worker.killed, undefined)
    await clock.pass(1)
    assert.equal(worker.killed, 'abandoned')
  })
}

test('draining refuses what comes and lets what is there finish', async () => {
  const { batcher, clock, call } = setUp()
  const worker = fakeWorker()
  batcher.offer(worker)
  const calls = [call(row(1)), call(row(2))]
  const drained = batcher.drain('unloading')
  await fails(call(row(3)), { code: 'unavailable', message: 'unloading' })
  await clock.pass(1)
  worker.answer()
  await clock.pass(1)
  worker.answer()
  await Promise.all(calls)
  await drained
  await batcher.drain('unloading')
})

test('closing fails what is left', async () => {
  const { batcher, call } = setUp()
  batcher.offer(fakeWorker())
  const calls = [call(row(1)), call(row(2))]
  batcher.close('the end')
  for (const each of calls) await fails(each, { code: 'unavailable', message: 'the end' })
  assert.equal(batcher.waiting(), 0)
})
