import assert from 'node:assert/strict'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { pino } from 'pino'
import { permit } from '../journey/admit/permit.ts'
import { assign } from '../journey/assign/assign.ts'
import { fitInputs } from '../journey/assign/fit-inputs.ts'
import { createInFlight } from '../journey/charge/in-flight.ts'
import { createMetrics } from '../journey/record/metrics.ts'
import { testCall, testCaller, testCatalog } from '../journey/testing/fixtures.ts'
import { systemClock } from '../kernel/clock.ts'
import { AstraError } from '../kernel/errors.ts'
import type { Reservation } from '../kernel/limits.ts'
import { Secret } from '../kernel/secret.ts'
import { sampleCall } from '../stores/conformance/samples.ts'
import { openRedis, type RedisConnection } from '../stores/redis/connection.ts'
import { startRedis, withoutRedis } from '../stores/redis/testing/redis-server.ts'
import { working } from '../stores/redis/testing/working.ts'
import { openSqliteStore } from '../stores/sqlite/sqlite.ts'
import { wireLimits } from './wire-limits.ts'

const max = 1000
const limits = { budget: { month: max }, concurrent: 100 }
const catalog = testCatalog({ '1.0': 1 }, { consumers: { demo: { demo: true, limits } } })

async function newFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'astra-limits-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return join(folder, 'data')
}

/** A gateway's limits over a data folder of their own. */
async function gateway(t: TestContext, redis: RedisConnection, dataDir: string, spentBefore = 0) {
  const store = await openSqliteStore({ dataDir, clock: systemClock })
  t.after(() => store.close())
  const record = (costUsd: number) => {
    const [id, time] = [systemClock.id(), systemClock.now()]
    store.records.put(sampleCall(0, { id, time, keyId: 'key_1', consumer: 'demo', costUsd }))
  }
  if (spentBefore > 0) record(spentBefore)
  const wired = wireLimits({
    ...{ redis, store, clock: systemClock, metrics: createMetrics(), log: pino({ level: 'silent' }) },
    backends: new Map(),
    catalog: () => catalog,
    keyring: { list: () => [], get: () => undefined },
    // What is told every minute is told at once.
    pause: (ms, signal) => setTimeout(ms === 60_000 ? 5 : ms, undefined, { ref: false, ...(signal ? { signal } : {}) }),
  })
  t.after(() => wired.close())
  await wired.follow(catalog)
  const places = createInFlight(systemClock)
  const fitted = () => {
    return fitInputs(assign(permit(testCall({ id: systemClock.id() }), testCaller(), catalog)), () => false)
  }
  return {
    async stop() {
      await wired.close()
      await store.close()
    },
    async call(costUsd: number) {
      const charged = places.place(fitted())
      assert.ok(!(charged instanceof Promise))
      let held: Reservation | undefined
      const met = await wired.reserve.reserve(charged, { holds: (reservation) => (held = reservation) })
      assert.ok(!(met instanceof AstraError))
      charged.release()
      record(costUsd)
      held?.settle({ tokens: 0, costUsd, unpriced: false, unheard: 0 })
    },
    async spent() {
      const all = await wired.look({ consumer: 'demo' })
      return max - (all.find(({ kind }) => kind === 'budget-month')?.remaining ?? Number.NaN)
    },
  }
}

test('gateways with data folders of their own give a budget back what each of them has spent, however often Redis loses it', {
  skip: withoutRedis,
  timeout: 60_000,
}, async (t) => {
  const server = await startRedis()
  t.after(() => server.remove())
  const open = async () => {
    const redis = await working(openRedis(new Secret(server.url), { commandTimeoutMs: 5000 }))
    t.after(() => redis.close())
    return redis
  }
  const folder = await newFolder(t)
  let first = await gateway(t, await open(), folder, 30)
  let second = await gateway(t, await open(), await newFolder(t), 5)
  let sum = 35
  /** As soon as both have told it; never more. */
  const settled = async () => {
    for (;;) {
      const spent = await first.spent()
      assert.ok(spent <= sum, `${spent} of ${sum}`)
      if (spent === sum) return
      await setTimeout(5)
    }
  }
  const goOn = async () => {
    for (let n = 0; n < 20; n++) {
      await Promise.all([first.call(1), second.call(2)])
      sum += 3
    }
  }
  await settled()
  await goOn()
  await settled()
  const admin = await open()
  const loseWhileBothGoOn = async () => {
    const going = goOn()
    await admin.send((client) => client.flushall())
    await going
    await settled()
  }
  await loseWhileBothGoOn()
  // One that joins later brings what it has spent alone.
  await gateway(t, await open(), await newFolder(t), 8)
  sum += 8
  await settled()
  // A copy goes on by itself: what was spent before it counts once.
  await first.stop()
  const copy = await newFolder(t)
  await cp(folder, copy, { recursive: true })
  first = await gateway(t, await open(), folder)
  second = await gateway(t, await open(), copy)
  await settled()
  await goOn()
  await settled()
  await loseWhileBothGoOn()
  await loseWhileBothGoOn()
})
