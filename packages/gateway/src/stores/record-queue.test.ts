import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { sampleCall, sampleFeedback } from './conformance/samples.ts'
import { type RecordBatch, RecordQueue } from './record-queue.ts'
import type { RecordText } from './waiting-records.ts'

const text: RecordText = { write: (record) => JSON.stringify(record), read: (one) => JSON.parse(one) }

/** A disk that can be full; it remembers what was written, and lets a test wait for each try. */
function fakeDisk() {
  const disk = {
    full: false,
    tries: 0,
    batches: [] as RecordBatch[],
    async write(batch: RecordBatch): Promise<void> {
      disk.tries += 1
      if (disk.full) throw new Error('the disk is full')
      disk.batches.push(batch)
    },
    ids: () => disk.batches.flatMap(({ records }) => records.map((one) => text.read(one).id)),
  }
  return disk
}

function queueOn(disk: ReturnType<typeof fakeDisk>, t: TestContext): RecordQueue {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  return new RecordQueue({ text, write: disk.write })
}

/** Lets everything run that waits for nothing but other promises. */
const settled = () => new Promise((resolve) => setImmediate(resolve))
const ids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => sampleCall(from + i).id)

const texts = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => text.write(sampleCall(from + i)))

function putCalls(queue: RecordQueue, from: number, to: number): void {
  for (let n = from; n <= to; n += 1) queue.put(sampleCall(n))
}

test('a batch leaves after 100 ms, or at 500 Records, in order', async (t) => {
  const disk = fakeDisk()
  const queue = queueOn(disk, t)
  putCalls(queue, 1, 3)
  t.mock.timers.tick(99)
  await settled()
  assert.equal(disk.tries, 0)
  t.mock.timers.tick(1)
  await settled()
  assert.deepEqual(disk.ids(), ids(1, 3))
  putCalls(queue, 4, 1004)
  await settled()
  assert.deepEqual(disk.ids(), ids(1, 1003))
  t.mock.timers.tick(100)
  await settled()
  assert.deepEqual(disk.ids(), ids(1, 1004))
  assert.deepEqual(
    disk.batches.map(({ records }) => records.length),
    [3, 500, 500, 1],
  )
})

test('a batch that fails is tried again at once, then after pauses from 100 ms to 5 s, until it is written', async (t) => {
  const disk = fakeDisk()
  const queue = queueOn(disk, t)
  disk.full = true
  putCalls(queue, 1, 500)
  await settled()
  assert.equal(disk.tries, 2)
  assert.deepEqual(queue.status(), { waiting: 500, written: 0, fault: 'the disk is full' })
  for (const [i, ms] of [100, 200, 400, 800, 1600, 3200, 5000, 5000].entries()) {
    t.mock.timers.tick(ms - 1)
    await settled()
    assert.equal(disk.tries, i + 2)
    t.mock.timers.tick(1)
    await settled()
    assert.equal(disk.tries, i + 3)
  }
  putCalls(queue, 501, 600)
  disk.full = false
  t.mock.timers.tick(5000)
  await settled()
  t.mock.timers.tick(100)
  await settled()
  assert.deepEqual(disk.ids(), ids(1, 600))
  assert.deepEqual(queue.status(), { waiting: 0, written: 600, fault: undefined })
})

test('new calls are refused past the bound, and accepted again below half of it', async () => {
  const acknowledge: (() => void)[] = []
  const write = () => new Promise<void>((resolve) => acknowledge.push(resolve))
  const queue = new RecordQueue({ text, write, waitingMax: 1000 })
  putCalls(queue, 1, 1000)
  assert.equal(queue.accepting(), true)
  putCalls(queue, 1001, 1001)
  assert.equal(queue.accepting(), false)
  const accepted: (readonly [waiting: number, accepting: boolean])[] = []
  const flushed = queue.flush()
  for (let batch = 0; batch < 3; batch += 1) {
    acknowledge[batch]?.()
    await settled()
    accepted.push([queue.status().waiting, queue.accepting()])
  }
  await flushed
  assert.deepEqual(accepted, [[501, false], [1, true], [0, true]]) // biome-ignore format: pairs
})

test('flush tries at once and says so when that fails too; nothing is lost', async (t) => {
  const disk = fakeDisk()
  const queue = queueOn(disk, t)
  disk.full = true
  putCalls(queue, 1, 3)
  await assert.rejects(queue.flush(), {
    code: 'store_unavailable',
    facts: { reason: 'the disk is full', retryAfterMs: 1000 },
  })
  await settled()
  await assert.rejects(queue.flush(), { code: 'store_unavailable' })
  disk.full = false
  await settled()
  await queue.flush()
  assert.deepEqual(disk.ids(), ids(1, 3))
})

test('feedback goes out at once with the Records before it, and is refused while writing fails', async (t) => {
  const disk = fakeDisk()
  const queue = queueOn(disk, t)
  putCalls(queue, 1, 2)
  await queue.feedback(sampleFeedback())
  assert.deepEqual(disk.batches, [{ records: texts(1, 2), feedback: [sampleFeedback()] }])
  disk.full = true
  putCalls(queue, 3, 3)
  await assert.rejects(queue.feedback(sampleFeedback()), { code: 'store_unavailable' })
  await assert.rejects(queue.feedback(sampleFeedback()), { code: 'store_unavailable' })
  disk.full = false
  await settled()
  await queue.flush()
  assert.deepEqual(disk.batches.at(-1), { records: texts(3, 3), feedback: [] })
})

test('feedback that fails alone leaves no fault behind', async (t) => {
  const disk = fakeDisk()
  const queue = queueOn(disk, t)
  disk.full = true
  await assert.rejects(queue.feedback(sampleFeedback()), { code: 'store_unavailable' })
  await settled()
  assert.equal(queue.status().fault, undefined)
  disk.full = false
  await queue.feedback(sampleFeedback())
})

test('close names how many Records are lost when time runs out', async (t) => {
  const disk = fakeDisk()
  const queue = queueOn(disk, t)
  disk.full = true
  putCalls(queue, 1, 7)
  const closed = assert.rejects(queue.close(10_000), /^Error: 7 Records .* lost: the disk is full$/)
  await settled()
  for (let ms = 0; ms < 10_000; ms += 100) {
    t.mock.timers.tick(100)
    await settled()
  }
  await closed
  assert.ok(disk.tries > 5)
  assert.throws(() => queue.put(sampleCall(8)))
  await assert.rejects(queue.feedback(sampleFeedback()), { code: 'store_unavailable' })
})

test('close gives up in time on a write that never ends, and settles everyone who waits', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const queue = new RecordQueue({ text, write: () => new Promise(() => undefined) })
  putCalls(queue, 1, 2)
  const flushed = assert.rejects(queue.flush(), { code: 'store_unavailable' })
  const refused = assert.rejects(queue.feedback(sampleFeedback()), { code: 'store_unavailable' })
  const closed = assert.rejects(queue.close(10_000), /2 Records/)
  t.mock.timers.tick(10_000)
  await Promise.all([flushed, refused, closed])
})

test('a call is found until its Record is durable', async (t) => {
  const disk = fakeDisk()
  const queue = queueOn(disk, t)
  putCalls(queue, 1, 2)
  assert.equal(queue.recent(sampleCall(1).id)?.id, sampleCall(1).id)
  await queue.flush()
  assert.equal(queue.recent(sampleCall(1).id), undefined)
})
