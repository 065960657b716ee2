import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFakeClock } from '../../test/fake-clock.ts'
import { superviseWorker } from './supervise-worker.ts'
import type { EndReason, Worker, WorkerEnd } from './worker.ts'

function fakeWorker(
  pid = 0,
): Worker & { end(reason?: EndReason): void; retired: string | undefined; closedMs: number | undefined } {
  const ended = Promise.withResolvers<WorkerEnd>()
  const worker = {
    pid,
    startMs: 70,
    facts: { platform: '', signature: { inputs: [], outputs: [] }, identity: undefined, batches: true },
    retired: undefined as string | undefined,
    closedMs: undefined as number | undefined,
    alive: () => true,
    infer: async () => [],
    generate: async () => ({ finishReason: 'stop' as const, inputTokens: 0, outputTokens: 0 }),
    kill: (reason: EndReason, detail: string) => ended.resolve({ reason, detail }),
    retire(_reason: EndReason, detail: string) {
      worker.retired = detail
    },
    async close(graceMs: number) {
      worker.closedMs = graceMs
      ended.resolve({ reason: 'closed', detail: '' })
    },
    ended: ended.promise,
    end: (reason: EndReason = 'crash') => ended.resolve({ reason, detail: 'exited with 1' }),
  }
  return worker
}

function setUp(first = fakeWorker(), memoryBytesMax?: number) {
  const clock = createFakeClock()
  const up: Worker[] = []
  const down: (readonly [EndReason, number])[] = []
  const started: { resolve(worker: Worker): void; reject(error: Error): void; readonly signal: AbortSignal }[] = []
  const supervision = superviseWorker({
    first,
    clock,
    memoryBytesMax,
    start(signal) {
      const { promise, resolve, reject } = Promise.withResolvers<Worker>()
      signal.addEventListener('abort', () => reject(new Error('given up')))
      started.push({ resolve, reject, signal })
      return promise
    },
    onUp: (worker) => up.push(worker),
    onDown: ({ reason }, backMs) => down.push([reason, backMs]),
  })
  return { clock, up, down, started, supervision, first }
}

test('a worker that ends is followed by another after a pause, which grows while they crash early', async () => {
  const { clock, up, down, started, supervision, first } = setUp()
  assert.equal(supervision.fault(), undefined)
  let last = first
  for (const pauseMs of [100, 200, 400]) {
    last.end()
    await clock.pass(pauseMs - 1)
    assert.equal(supervision.fault(), 'exited with 1')
    const count = started.length
    await clock.pass(1)
    assert.equal(started.length, count + 1)
    last = fakeWorker()
    started.at(-1)?.resolve(last)
    await clock.pass(0)
    assert.equal(supervision.worker(), last)
  }
  await clock.pass(30_000)
  last.end()
  await clock.pass(100)
  assert.equal(started.length, 4)
  assert.deepEqual(down, [
    ['crash', 170],
    ['crash', 270],
    ['crash', 470],
    ['crash', 170],
  ])
  assert.equal(up.length, 4)
})

for (const reason of ['abandoned', 'compute-time', 'memory'] as const) {
  test(`a worker that was ended for what it was asked is followed at once, however often: ${reason}`, async () => {
    const { clock, down, started, first } = setUp()
    let last = first
    for (let count = 1; count <= 10; count++) {
      last.end(reason)
      await clock.pass(0)
      assert.equal(started.length, count)
      last = fakeWorker()
      started.at(-1)?.resolve(last)
      await clock.pass(0)
    }
    last.end('crash')
    await clock.pass(0)
    assert.deepEqual(down, [...Array(10).fill([reason, 70]), ['crash', 170]])
  })
}

test('a start that fails is tried again, at last every 30 s', async () => {
  const { clock, started, supervision, first } = setUp()
  first.end()
  let waitedMs = 0
  for (let attempt = 0; attempt < 12; attempt++) {
    const count = started.length
    waitedMs = 0
    while (started.length === count) {
      await clock.pass(100)
      waitedMs += 100
    }
    started.at(-1)?.reject(new Error('no weights'))
    await clock.pass(0)
    assert.equal(supervision.fault(), 'could not be started again: no weights')
  }
  assert.equal(waitedMs, 30_000)
})

test('once stopped, none is started again, and one that is on its way is given up', async () => {
  const running = setUp()
  await running.supervision.stop(77)
  await running.clock.pass(60_000)
  assert.deepEqual([running.first.closedMs, running.started.length, running.down.length], [77, 0, 0])

  const pausing = setUp()
  pausing.first.end()
  await pausing.clock.pass(50)
  await pausing.supervision.stop(77)
  await pausing.clock.pass(60_000)
  assert.equal(pausing.started.length, 0)

  const starting = setUp()
  starting.first.end()
  await starting.clock.pass(100)
  await starting.supervision.stop(77)
  assert.equal(starting.started[0]?.signal.aborted, true)
})

test('memory is looked at once a second, where the system tells', { skip: process.platform !== 'linux' }, async () => {
  const modest = setUp(fakeWorker(process.pid), 2 ** 40)
  await modest.clock.pass(5000)
  assert.equal(modest.first.retired, undefined)
  // This process takes more than 8 MB, though not twice as much as 90 % of what it takes.
  const large = setUp(fakeWorker(process.pid), process.memoryUsage.rss() * 0.9)
  assert.match(large.first.retired ?? '', /^occupied \d+ MiB, more than its \d+ MiB \(memoryBytesMax\)$/)
  const huge = setUp(fakeWorker(process.pid), 2 ** 23)
  await huge.clock.pass(0)
  assert.deepEqual(
    huge.down.map(([reason]) => reason),
    ['memory'],
  )
})
