// Four processes share limits in one Redis, and in a cluster of three nodes: as much is admitted as the limits say, and not one more.
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { describe, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Cluster, Redis } from 'ioredis'
import { Secret } from '../packages/gateway/src/kernel/secret.ts'
import { openRedis, type RedisClient } from '../packages/gateway/src/stores/redis/connection.ts'
import { redisCounters } from '../packages/gateway/src/stores/redis/counters.ts'
import { startCluster } from '../packages/gateway/src/stores/redis/testing/redis-cluster.ts'
import { startRedis, withoutRedis } from '../packages/gateway/src/stores/redis/testing/redis-server.ts'
import {
  budgetMax,
  inFlightMax,
  type Report,
  rate,
} from '../packages/gateway/src/stores/redis/testing/shared-limits.ts'
import { working } from '../packages/gateway/src/stores/redis/testing/working.ts'

const program = fileURLToPath(new URL('../packages/gateway/src/stores/redis/testing/share-limits.ts', import.meta.url))

import { byTakes } from '../packages/gateway/src/stores/testing/by-takes.ts'

const runMs = 5000
const processes = 4
/** What the rate admits in 50 ms. */
const unaskedMax = 15

/** A process that waits for `go`. */
async function startSharing(t: TestContext, url: string, name: string): Promise<{ go(): Promise<Report> }> {
  const child = fork(program, [url, name, String(runMs)])
  t.after(() => child.kill())
  await once(child, 'message')
  return {
    async go() {
      child.send('go')
      const [report] = await once(child, 'message')
      return report
    },
  }
}

interface Level {
  readonly level: number
  readonly micros: number
}

async function levelOf(client: RedisClient): Promise<Level> {
  const [level, micros] = ((await client.get('astra:limit:shared/requests')) ?? '').split(' ').map(Number)
  assert.ok(level !== undefined && micros !== undefined)
  return { level, micros }
}

async function prove(t: TestContext, url: string, client: RedisClient): Promise<void> {
  t.after(() => client.disconnect())
  const redis = await working(openRedis(new Secret(url)))
  t.after(() => redis.close())
  const counters = byTakes(redisCounters(redis))
  const sharing = await Promise.all(Array.from({ length: processes }, (_, n) => startSharing(t, url, `p${n}`)))
  // The burst at once: from here on the rate alone admits.
  const burst = { key: 'shared/requests', bound: rate, amount: rate.burst }
  assert.equal((await counters.take([burst], 'first')).taken, true)
  const first = await levelOf(client)
  assert.equal(first.level, rate.burst)
  const reports = await Promise.all(sharing.map(({ go }) => go()))
  const last = await levelOf(client)
  const total = (of: (report: Report) => number) => reports.reduce((sum, report) => sum + of(report), 0)

  // By Redis' own clock, from the burst to the last that was admitted.
  const allowed = rate.burst + (rate.amount * (last.micros - first.micros)) / (rate.perMs * 1000)
  const admitted = rate.burst + total(({ requests }) => requests)
  console.log(`  admitted ${admitted} of ${allowed.toFixed(3)}`)
  assert.ok(admitted <= allowed + 1e-6)
  // What was admitted and has not drained is the level, to a millionth: nothing got lost or was counted twice.
  assert.ok(Math.abs(admitted - (allowed - rate.burst) - last.level) < 1e-6)
  // And it is full, but for what nobody asked for in the last moments, when processes end one after the other.
  assert.ok(last.level > rate.burst - unaskedMax)

  assert.ok(Math.max(...reports.map(({ inFlightSeen }) => inFlightSeen)) <= inFlightMax)
  assert.equal(
    total(({ unsettled }) => unsettled),
    0,
  )
  const spent = total(({ spent }) => spent)
  assert.ok(total(({ calls }) => calls) > 100 && total(({ refused }) => refused) > 0)
  assert.equal(Number(await client.get('astra:limit:shared/budget')), spent)
  assert.ok(spent <= budgetMax && spent > budgetMax - 7 * processes * 4)
  assert.equal(await client.zcard('astra:limit:shared/concurrent'), 0)
}

describe('four processes share limits', { skip: withoutRedis, timeout: 120_000 }, () => {
  test('in one Redis: exactly burst + rate x elapsed, no more in flight, no more spent', async (t) => {
    const server = await startRedis()
    t.after(() => server.remove())
    const client = new Redis(server.port, '127.0.0.1')
    await prove(t, server.url, client)
  })

  test('in a cluster of three nodes: the same', async (t) => {
    const cluster = await startCluster()
    t.after(() => cluster.remove())
    const client = new Cluster(cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port })))
    await prove(t, cluster.url, client)
  })
})
