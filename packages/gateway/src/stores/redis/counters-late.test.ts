import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { Secret } from '../../kernel/secret.ts'
import { type AskedTake, byTakes } from '../testing/by-takes.ts'
import { openRedis, type RedisConnection } from './connection.ts'
import { redisCounters } from './counters.ts'
import { RedisFault } from './redis-fault.ts'
import { moveTimeOf } from './testing/move-time.ts'
import { startCluster } from './testing/redis-cluster.ts'
import { startRedis, withoutRedis } from './testing/redis-server.ts'
import { working } from './testing/working.ts'

const hour = 3_600_000

const rate = { type: 'rate', amount: 1, perMs: hour, burst: 10 } as const
const requests: AskedTake = { key: 'late:requests', bound: rate, amount: 3, settles: false }
const tokens: AskedTake = { key: 'late:tokens', bound: rate, amount: 3 }
const takes: readonly AskedTake[] = [
  requests,
  tokens,
  { key: 'late:calls', bound: { type: 'concurrent', max: 5, leaseMs: hour }, amount: 1 },
  { key: 'late:spent', bound: { type: 'sum', max: 10, until: Date.now() + hour }, amount: 4 },
]
const looks = takes.map((take) => ({ ...take, amount: 0 }))

/** As though the next commands had not been answered in time; the answers come all the same, after `until`. */
function latecomer(redis: RedisConnection, until: Promise<void>) {
  const answers: Promise<unknown>[] = []
  const late: RedisConnection = {
    ...redis,
    async send(commands) {
      const sent = redis.send(commands)
      const answer = until.then(() => sent)
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
    /** Takes it all; `answer` lets the answer come, and waits for what is given back. */
    async function takeLate(t: TestContext) {
      const server = await start()
      t.after(() => server.remove())
      // Patient, as this machine may be busy: what is late here is so on purpose.
      const redis = await working(openRedis(new Secret(server.url), { commandTimeoutMs: 5000 }))
      t.after(() => redis.close())
      const due = Promise.withResolvers<void>()
      const { late, answers } = latecomer(redis, due.promise)
      const slow = { ...redis }
      const counters = byTakes(redisCounters(slow))
      // One level began before the other, so that the other's mark gives nothing of it back.
      await counters.take([{ ...requests, amount: 1 }], 'before')
      slow.send = late.send
      const taken = Promise.resolve(counters.take(takes, 'a'))
      // What is given back goes out as ever.
      slow.send = redis.send
      await assert.rejects(taken, { code: 'limits_unavailable' })
      const answer = async () => {
        due.resolve()
        assert.equal((await Promise.allSettled(answers)).filter(({ status }) => status === 'rejected').length, 0)
        await counters.close()
      }
      return { redis, counters, answer }
    }

    test(`is given back whole: ${form}`, async (t) => {
      const { counters, answer } = await takeLate(t)
      await answer()
      const { remaining } = await counters.take(looks, 'look')
      assert.deepEqual(remaining.map(Math.round), [9, 10, 5, 10])
    })

    test(`is not given back where it has drained, as others may have taken since: ${form}`, async (t) => {
      const { redis, counters, answer } = await takeLate(t)
      await moveTimeOf(redis, 5 * hour)
      await counters.take([requests, tokens], 'since')
      await answer()
      const { remaining } = await counters.take(looks, 'look')
      assert.deepEqual(remaining.map(Math.round), [7, 7, 5, 10])
    })
  }
})
