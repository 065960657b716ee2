import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { pino } from 'pino'
import { createMetrics } from '../journey/record/metrics.ts'
import { testCatalog } from '../journey/testing/fixtures.ts'
import type { Key } from '../kernel/caller.ts'
import type { SpentRow } from '../kernel/store.ts'
import { wireLimits } from './wire-limits.ts'

const now = Date.UTC(2026, 10, 23, 12)
const key: Key = {
  id: 'key_1',
  consumer: 'demo',
  permissions: ['infer'],
  createdAt: 0,
  limits: { budget: { day: 10 } },
}

/** Limits in memory over accounting that answers as the test says. */
function wired(t: TestContext, spent: () => Promise<readonly SpentRow[]>) {
  const pauses: { readonly ms: number; end(): void }[] = []
  const log: string[] = []
  const nothing = () => assert.fail('not asked')
  const limits = wireLimits({
    redis: undefined,
    backends: new Map(),
    catalog: () => testCatalog({ '1.0': 1 }),
    keyring: { list: () => [key], get: (id) => (id === key.id ? key : undefined) },
    store: {
      records: {
        ...{ flush: async () => {}, put: nothing, accepting: nothing, status: nothing, feedback: nothing },
        ...{ recent: nothing, recentByReference: nothing },
      },
      reports: {
        ...{ call: nothing, callByReference: nothing, calls: nothing, feedback: nothing, usage: nothing },
        ...{ evidence: nothing, circuit: nothing, totals: nothing, runs: nothing },
        spent,
      },
    },
    metrics: createMetrics(),
    clock: { now: () => now, elapsed: () => 0, id: () => '' },
    pause: (ms, signal) =>
      new Promise((resolve, reject) => {
        pauses.push({ ms, end: resolve })
        signal?.addEventListener('abort', () => reject(signal.reason))
      }),
    log: pino({}, { write: (line) => void log.push(line) }),
  })
  t.after(() => limits.close())
  const left = async () => (await limits.look({ key }))[0]?.remaining
  /** Ends the pause of so many ms that began last. */
  const end = async (ms: number) => {
    const pause = pauses.findLast((one) => one.ms === ms) ?? assert.fail(`no pause of ${ms} ms`)
    pause.end()
    await turns()
  }
  return { limits, log, left, end }
}

const turns = async () => {
  for (let n = 0; n < 20; n++) await Promise.resolve()
}

test('accounting that fails is asked again until it tells what a budget has spent', async (t) => {
  let asked = 0
  const { limits, log, left, end } = wired(t, async () => {
    if (++asked <= 3) throw new Error('the disk is away')
    return [{ by: { key: 'key_1' }, costUsd: 4 }]
  })
  void limits.followKeys([key])
  await turns()
  assert.deepEqual([asked, await left(), log.length], [1, 10, 1])
  await end(1000)
  await end(2000)
  assert.deepEqual([asked, await left()], [3, 10])
  await end(4000)
  assert.deepEqual([asked, await left(), log.length], [4, 6, 3])
})

test('a start waits two seconds for accounting at most, and what is told later still counts, once', async (t) => {
  const told = Promise.withResolvers<readonly SpentRow[]>()
  const { limits, left, end } = wired(t, () => told.promise)
  let waiting = true
  const followed = limits.followKeys([key]).then(() => (waiting = false))
  await turns()
  assert.equal(waiting, true)
  await end(2000)
  await followed
  assert.equal(await left(), 10)
  const again = limits.followKeys([key])
  told.resolve([{ by: { key: 'key_1' }, costUsd: 3 }])
  await again
  assert.equal(await left(), 7)
})

test('a budget that is taken away and given again knows what was spent in between', async (t) => {
  let costUsd = 4
  const { limits, left } = wired(t, async () => [{ by: { key: 'key_1' }, costUsd }])
  await limits.followKeys([key])
  assert.equal(await left(), 6)
  const { limits: _, ...bare } = key
  await limits.followKeys([bare])
  costUsd = 24
  await limits.followKeys([key])
  assert.equal(await left(), 0)
})

test('what a budget missed is found within a minute, and counts once', async (t) => {
  let costUsd = 4
  const { limits, left, end } = wired(t, async () => [{ by: { key: 'key_1' }, costUsd }])
  await limits.followKeys([key])
  for (const spent of [9, 9, 7]) {
    costUsd = spent
    await end(60_000)
    assert.equal(await left(), 1)
  }
})

test('a gateway that closes asks no more', async (t) => {
  let asked = 0
  const { limits, log, end } = wired(t, async () => {
    asked++
    throw new Error('the disk is away')
  })
  void limits.followKeys([key])
  await turns()
  await limits.close()
  await end(1000)
  assert.deepEqual([asked, log.length], [1, 1])
})
