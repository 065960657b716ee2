import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Take } from '../../kernel/limits.ts'
import { Secret } from '../../kernel/secret.ts'
import { type ByTakes, byTakes } from '../testing/by-takes.ts'
import { openRedis, type RedisConnection } from './connection.ts'
import { redisCounters } from './counters.ts'
import { lossy } from './testing/lossy-connection.ts'
import { startRedis, type TestRedis, withoutRedis } from './testing/redis-server.ts'
import { working } from './testing/working.ts'

const hour = 3_600_000

function request(key: string, burst = 10, amount = 1): Take {
  return { key, bound: { type: 'rate', amount: 1, perMs: hour, burst }, amount }
}
function lease(key: string, amount = 1): Take {
  return { key, bound: { type: 'concurrent', max: 1, leaseMs: hour }, amount }
}
function spend(key: string, amount: number): Take {
  return { key, bound: { type: 'sum', max: 10, until: Date.now() + hour }, amount }
}

async function remaining(counters: ByTakes, take: Take): Promise<number> {
  const looked = await counters.take([{ ...take, amount: 0 }], 'look')
  return Math.round((looked.remaining[0] ?? Number.NaN) * 100) / 100
}

interface Outcome {
  readonly text: string
  readonly ms: number
}

/** "taken", "refused" or the error's code. */
async function outcomeOf(counters: ByTakes, take: Take): Promise<Outcome> {
  const from = performance.now()
  const text = await Promise.resolve(counters.take([take], 'a')).then(
    ({ taken }) => (taken ? 'taken' : 'refused'),
    ({ code }) => String(code),
  )
  return { text, ms: performance.now() - from }
}

/** Far more than the command timeout, far less than whoever waits for a server that is gone: this machine may be busy. */
const quickMs = 1500

describe('counters when Redis fails', { skip: withoutRedis, timeout: 60_000 }, () => {
  let server: TestRedis
  let redis: RedisConnection
  before(async () => {
    server = await startRedis()
    redis = await working(openRedis(new Secret(server.url)))
  })
  after(async () => {
    await redis?.close()
    await server?.remove()
  })

  test('killed under load: takes are refused quickly, none hangs, and all goes on by itself', async () => {
    const counters = byTakes(redisCounters(redis))
    const outcomes: Outcome[] = []
    const seen = { down: watcher(), up: watcher() }
    let over = false
    const callers = Array.from({ length: 16 }, async () => {
      while (!over) {
        const outcome = await outcomeOf(counters, request('team:load/requests', 1e9))
        outcomes.push(outcome)
        seen.down.see(outcome.text === 'limits_unavailable')
        seen.up.see(seen.down.done && outcome.text === 'taken')
        // A refusal is so quick that nothing else would get its turn.
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
    })
    await server.kill()
    await seen.down.promise
    assert.match(counters.fault() ?? '', /lost|closed|ECONN/)
    await server.start()
    await seen.up.promise
    over = true
    await Promise.all(callers)
    assert.deepEqual([...new Set(outcomes.map(({ text }) => text))].sort(), ['limits_unavailable', 'taken'])
    assert.ok(Math.max(...outcomes.map(({ ms }) => ms)) < quickMs)
    await working(redis)
    assert.equal(counters.fault(), undefined)
  })

  test('stalled: takes are refused in time, soon at once, and all goes on when it does', async () => {
    const counters = byTakes(redisCounters(redis))
    const take = request('team:stall/requests')
    server.stall()
    const stalled = await outcomeOf(counters, take)
    assert.equal(stalled.text, 'limits_unavailable')
    assert.ok(stalled.ms > 100 && stalled.ms < quickMs)
    assert.match(counters.fault() ?? '', /does not answer in time/)
    let tries = 0
    for (;;) {
      const { text, ms } = await outcomeOf(counters, take)
      assert.equal(text, 'limits_unavailable')
      tries += 1
      if (ms < 50) break
    }
    assert.ok(tries < 10, `${tries} waited`)
    server.goOn()
    await working(redis)
    assert.equal((await outcomeOf(counters, take)).text, 'taken')
  })

  test('scripts and counters that were flushed: counting begins anew', async () => {
    const counters = byTakes(redisCounters(redis))
    const take = request('team:flush/requests', 1)
    assert.equal((await outcomeOf(counters, take)).text, 'taken')
    await redis.send(async (client) => {
      await client.flushall()
      await client.script('FLUSH')
    })
    assert.equal((await outcomeOf(counters, take)).text, 'taken')
    assert.equal((await outcomeOf(counters, take)).text, 'refused')
  })

  test('what could not be sent is settled when Redis is back, but for refunds of rates, which drain by themselves', async () => {
    const link = lossy(redis)
    const counters = byTakes(redisCounters(link))
    const [rate, more, held, sum] = [request('a/tokens'), request('b/tokens'), lease('a/concurrent'), spend('a/day', 4)]
    await counters.take([rate, more, held, sum], 'a')
    link.fate = 'unsent'
    counters.settle(
      [{ ...rate, amount: -1 }, { ...more, amount: 3 }, lease('a/concurrent', -1), spend('a/day', -3)],
      'a',
    )
    await turn()
    assert.equal(counters.unsettled(), 1)
    link.recover()
    await counters.close()
    assert.equal(await remaining(counters, rate), 9)
    assert.equal(await remaining(counters, more), 6)
    assert.equal(await remaining(counters, held), 1)
    assert.equal(await remaining(counters, sum), 9)
  })

  test('what may have been settled is not settled twice; a lease is given back again, and the loss is counted', async () => {
    const link = lossy(redis)
    const counters = byTakes(redisCounters(link))
    const [held, sum] = [lease('c/concurrent'), spend('c/day', 4)]
    await counters.take([held, sum], 'c')
    link.fate = 'unanswered'
    counters.settle([lease('c/concurrent', -1), spend('c/day', -3)], 'c')
    await counters.close()
    assert.equal(counters.unsettled(), 1)
    link.recover()
    await counters.close()
    assert.equal(await remaining(counters, sum), 9)
    assert.equal(await remaining(counters, held), 1)
  })

  test('a take whose answer got lost holds no lease', async () => {
    const link = lossy(redis)
    const counters = byTakes(redisCounters(link))
    link.fate = 'unanswered'
    const { text } = await outcomeOf(counters, lease('d/concurrent'))
    assert.equal(text, 'limits_unavailable')
    link.recover()
    await counters.close()
    assert.equal(await remaining(counters, lease('d/concurrent')), 1)
  })

  test('no more wait for Redis than are bounded, and the rest is counted', async () => {
    const link = lossy(redis)
    const counters = byTakes(redisCounters(link))
    link.fate = 'unsent'
    for (let n = 0; n < 10_500; n += 1) counters.settle([spend('e/day', 1)], 'e')
    await turn()
    assert.equal(counters.unsettled(), 500)
  })

  test('what was spent before, and could not be told, is told anew when Redis is back: nothing waits for it', async () => {
    const link = lossy(redis)
    const counters = byTakes(redisCounters(link))
    link.fate = 'unsent'
    await counters.restore([spend('f/day', 7)])
    link.fate = 'unanswered'
    await counters.raise([spend('g/day', 7)])
    link.recover()
    await counters.close()
    assert.equal(counters.unsettled(), 0)
    assert.equal(await remaining(counters, spend('f/day', 0)), 10)
    for (const key of ['f/day', 'g/day']) await counters.restore([spend(key, 7)])
    assert.equal(await remaining(counters, spend('f/day', 0)), 3)
    assert.equal(await remaining(counters, spend('g/day', 0)), 3)
  })
})

function watcher() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return {
    promise,
    done: false,
    see(it: boolean) {
      if (!it) return
      this.done = true
      resolve()
    },
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
