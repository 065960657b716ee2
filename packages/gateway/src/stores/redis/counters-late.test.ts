import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Take } from '../../kernel/limits.ts'
import { Secret } from '../../kernel/secret.ts'
import { byTakes } from '../testing/by-takes.ts'
import { openRedis, type RedisConnection } from './connection.ts'
import { redisCounters } from './counters.ts'
import { RedisFault } from './redis-fault.ts'
import { startCluster } from './testing/redis-cluster.ts'
import { startRedis, withoutRedis } from './testing/redis-server.ts'
import { working } from './testing/working.ts'

const hour = 3_600_000

const takes: readonly Take[] = [
  { key: 'late:rate', bound: { type: 'rate', amount: 1, perMs: hour, burst: 10 }, amount: 3 },
  { key: 'late:calls', bound: { type: 'concurrent', max: 5, leaseMs: hour }, amount: 1 },
  { key: 'late:spent', bound: { type: 'sum', max: 10, until: Date.now() + hour }, amount: 4 },
]

/** As though the next commands had not been answered in time; the answers come all the same. */
function latecomer(redis: RedisConnection) {
  const answers: Promise<unknown>[] = []
  const late: RedisConnection = {
    ...redis,
    async send(commands) {
      const answer = redis.send(commands)
      answers.push(answer)
      throw new RedisFault('it does not answer in time', true, answer)
    },
  }
  return { late, answers }
}

const forms = {
  'one server': () => startRedis(),
  'a cluster': () => startCluster(),
}

describe('a take whose answer comes too late', { skip: withoutRedis, timeout: 60_000 }, () => {
  for (const [form, start] of Object.entries(forms)) {
    test(`is given back whole: ${form}`, async (t) => {
      const server = await start()
      t.after(() => server.remove())
      const redis = await working(openRedis(new Secret(server.url)))
      t.after(() => redis.close())
      const { late, answers } = latecomer(redis)
      const slow = { ...late }
      const counters = byTakes(redisCounters(slow))
      const taken = Promise.resolve(counters.take(takes, 'a'))
      // What is given back goes out as ever.
      slow.send = redis.send
      await assert.rejects(taken, { code: 'limits_unavailable' })
      assert.equal((await Promise.allSettled(answers)).filter(({ status }) => status === 'rejected').length, 0)
      await counters.close()
      const { remaining } = await counters.take(
        takes.map((take) => ({ ...take, amount: 0 })),
        'look',
      )
      assert.deepEqual(remaining.map(Math.round), [10, 5, 10])
    })
  }
})
