// A node of a Redis Cluster dies and its replica takes its place: nothing hangs meanwhile, and what was counted there is known still.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Redis } from 'ioredis'
import { Secret } from '../packages/gateway/src/kernel/secret.ts'
import { openRedis } from '../packages/gateway/src/stores/redis/connection.ts'
import { redisCounters } from '../packages/gateway/src/stores/redis/counters.ts'
import { startCluster, type TestCluster } from '../packages/gateway/src/stores/redis/testing/redis-cluster.ts'
import { startRedis, withoutRedis } from '../packages/gateway/src/stores/redis/testing/redis-server.ts'
import { working } from '../packages/gateway/src/stores/redis/testing/working.ts'
import { byTakes } from '../packages/gateway/src/stores/testing/by-takes.ts'
import { waitUntil } from './testing/wait-until.ts'

/** A replica of the cluster's first node, up to date with it. */
async function startReplica(t: TestContext, { nodes }: TestCluster, first: Redis): Promise<void> {
  const server = await startRedis('--cluster-enabled', 'yes', '--cluster-node-timeout', '1000')
  t.after(() => server.remove())
  const replica = new Redis(server.port, '127.0.0.1')
  t.after(() => replica.disconnect())
  const id = await first.call('CLUSTER', 'MYID')
  await replica.call('CLUSTER', 'MEET', '127.0.0.1', String(nodes[0]?.port))
  const follows = () =>
    replica.call('CLUSTER', 'REPLICATE', String(id)).then(
      () => true,
      () => false,
    )
  await waitUntil('the replica knows its node', follows, 10_000)
  await waitUntil('it is up to date', async () => /master_link_status:up/.test(await replica.info()), 20_000)
  const others = nodes.slice(1).map(({ port }) => new Redis(port, '127.0.0.1'))
  for (const client of others) {
    const isKnown = async () => String(await client.call('CLUSTER', 'NODES')).includes(' slave ')
    await waitUntil('the others know it', isKnown, 10_000)
    client.disconnect()
  }
}

test('a replica takes the place of its node: nothing hangs, and what was counted goes on', {
  skip: withoutRedis,
}, async (t) => {
  const cluster = await startCluster()
  t.after(() => cluster.remove())
  const first = new Redis(cluster.nodes[0]?.port ?? 0, '127.0.0.1', { retryStrategy: null })
  t.after(() => first.disconnect())
  await startReplica(t, cluster, first)
  const redis = await working(openRedis(new Secret(cluster.url)))
  t.after(() => redis.close())
  const counters = byTakes(redisCounters(redis))
  const bound = { type: 'sum', max: 100, until: Date.now() + 3_600_000 } as const
  // So many that each node has some.
  const keys = Array.from({ length: 30 }, (_, n) => `team:t${n}/budget`)
  const takes = (amount: number) => keys.map((key) => ({ key, bound, amount }))
  const used = async () => (await counters.take(takes(0), 'look')).remaining.map((remaining) => 100 - remaining)

  for (let n = 0; n < 40; n++) assert.equal((await counters.take(takes(1), `call-${n}`)).taken, true)
  assert.deepEqual(
    await used(),
    keys.map(() => 40),
  )
  // Replication is asynchronous: what a node had not passed on when it died is lost, so here it has.
  assert.ok(await first.wait(1, 5000))
  assert.ok((await first.keys('astra:limit:*')).length > 0)

  await cluster.nodes[0]?.kill()
  const since = performance.now()
  let longestMs = 0
  let failed = 0
  const takesAgain = async () => {
    const from = performance.now()
    const taken = await Promise.resolve(counters.take(takes(1), `after-${failed}`)).catch(({ code }) => code)
    longestMs = Math.max(longestMs, performance.now() - from)
    if (taken !== 'limits_unavailable') return taken.taken
    failed++
    return false
  }
  await waitUntil('the replica has taken over', takesAgain, 30_000)
  console.log(
    `  ${failed} takes failed in ${Math.round(performance.now() - since)} ms, none took longer than ${Math.round(longestMs)} ms`,
  )
  assert.ok(failed > 0 && longestMs < 2000)
  await waitUntil('it says so', () => redis.fault() === undefined, 5000)
  // Every node counts on from where it was; what failed was given back, where it was taken at all.
  const settled = async () => (await used()).every((sum) => sum >= 41 && sum <= 41 + failed)
  await waitUntil('what was counted is known', settled, 5000)
})
