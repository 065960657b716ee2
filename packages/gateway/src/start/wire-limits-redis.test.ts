import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import { createMetrics } from '../journey/record/metrics.ts'
import { testCatalog } from '../journey/testing/fixtures.ts'
import type { Key } from '../kernel/caller.ts'
import { systemClock } from '../kernel/clock.ts'
import { Secret } from '../kernel/secret.ts'
import type { Store } from '../kernel/store.ts'
import { openRedis } from '../stores/redis/connection.ts'
import { lossy } from '../stores/redis/testing/lossy-connection.ts'
import { startRedis, withoutRedis } from '../stores/redis/testing/redis-server.ts'
import { working } from '../stores/redis/testing/working.ts'
import { wireLimits } from './wire-limits.ts'

const key: Key = {
  id: 'key_1',
  consumer: 'demo',
  permissions: ['infer'],
  createdAt: 0,
  limits: { budget: { month: 10 } },
}

test('a Redis that lost its data gets budgets back, also where a settlement reaches it first', {
  skip: withoutRedis,
  timeout: 60_000,
}, async (t) => {
  const server = await startRedis()
  t.after(() => server.remove())
  const redis = await working(openRedis(new Secret(server.url)))
  t.after(() => redis.close())
  const link = lossy(redis)
  const nothing = () => assert.fail('not asked')
  let costUsd = 8
  const records: Store['records'] = {
    ...{ put: nothing, accepting: nothing, status: nothing, feedback: nothing },
    ...{ recent: nothing, recentByReference: nothing },
    flush: async () => {},
  }
  const reports: Store['reports'] = {
    ...{ call: nothing, callByReference: nothing, calls: nothing, feedback: nothing, usage: nothing },
    ...{ evidence: nothing, circuit: nothing, totals: nothing, runs: nothing },
    spent: async () => [{ by: { key: key.id }, costUsd }],
  }
  const limits = wireLimits({
    redis: link,
    backends: new Map(),
    catalog: () => testCatalog({ '1.0': 1 }),
    keyring: { list: () => [key], get: () => key },
    store: { records, reports },
    metrics: createMetrics(),
    clock: systemClock,
    log: pino({ level: 'silent' }),
  })
  t.after(() => limits.close())
  const left = async () => (await limits.look({ key }))[0]?.remaining
  await limits.followKeys([key])
  assert.equal(await left(), 2)

  const counter = `key:key_1/budget-month/${new Date().toISOString().slice(0, 7)}`
  await redis.send((client) => client.flushall())
  // What such a settlement leaves there.
  await redis.send((client) => client.set(`astra:limit:${counter}`, '0.5', 'PX', 60_000))
  costUsd = 8.5
  link.recover()
  await limits.followKeys([key])
  assert.equal(await left(), 1.5)
})
