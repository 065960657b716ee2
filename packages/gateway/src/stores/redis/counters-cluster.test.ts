import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Take } from '../../kernel/limits.ts'
import { Secret } from '../../kernel/secret.ts'
import { type ByTakes, byTakes } from '../testing/by-takes.ts'
import { openRedis } from './connection.ts'
import { redisCounters } from './counters.ts'
import { startCluster } from './testing/redis-cluster.ts'
import { withoutRedis } from './testing/redis-server.ts'
import { working } from './testing/working.ts'

const hour = 3_600_000

function request(n: number, amount = 1): Take {
  return { key: `key:k${n}/requests`, bound: { type: 'rate', amount: 1, perMs: hour, burst: 5 }, amount }
}

async function outcomeOf(counters: ByTakes, takes: readonly Take[]): Promise<string> {
  return Promise.resolve(counters.take(takes, 'a')).then(
    ({ taken }) => (taken ? 'taken' : 'refused'),
    ({ code }) => code,
  )
}

describe('counters in a cluster of which a node fails', { skip: withoutRedis, timeout: 60_000 }, () => {
  test('what was taken on others is given back, limits elsewhere go on, and all does when the node is back', async (t) => {
    const cluster = await startCluster('--cluster-require-full-coverage', 'no')
    t.after(() => cluster.remove())
    const redis = await working(openRedis(new Secret(cluster.url)))
    t.after(() => redis.close())
    const counters = byTakes(redisCounters(redis))
    const all = Array.from({ length: 30 }, (_, n) => request(n))
    assert.equal(await outcomeOf(counters, all), 'taken')

    await cluster.nodes[1]?.kill()
    const from = performance.now()
    assert.equal(await outcomeOf(counters, all), 'limits_unavailable')
    assert.ok(performance.now() - from < 1500)
    await counters.close()
    const alone = await Promise.all(all.map((take) => outcomeOf(counters, [{ ...take, amount: 4 }])))
    // 4 of 5 fit only where nothing but the very first call counts.
    const elsewhere = alone.filter((outcome) => outcome === 'taken').length
    assert.ok(elsewhere >= 10 && elsewhere < 30, `${elsewhere} elsewhere`)
    assert.equal(alone.filter((outcome) => outcome === 'refused').length, 0)

    await cluster.nodes[1]?.start()
    let outcome = ''
    while (outcome !== 'refused') {
      outcome = await outcomeOf(counters, all)
      assert.notEqual(outcome, 'taken')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })

  test('a node that was gone for a moment only is told, as its data may be gone', async (t) => {
    const cluster = await startCluster()
    t.after(() => cluster.remove())
    const redis = await working(openRedis(new Secret(cluster.url)))
    t.after(() => redis.close())
    const again = new Promise<void>((resolve) => redis.onWorking(resolve))
    await cluster.nodes[1]?.kill()
    await cluster.nodes[1]?.start()
    await again
    assert.equal(redis.fault(), undefined)
  })
})
