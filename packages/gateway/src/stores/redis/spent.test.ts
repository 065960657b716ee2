import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import type { Take } from '../../kernel/limits.ts'
import { Secret } from '../../kernel/secret.ts'
import { byTakes } from '../testing/by-takes.ts'
import { openRedis, type RedisConnection } from './connection.ts'
import { redisCounters } from './counters.ts'
import { startCluster } from './testing/redis-cluster.ts'
import { startRedis, withoutRedis } from './testing/redis-server.ts'
import { working } from './testing/working.ts'

const until = Date.now() + 3_600_000
const patient = { commandTimeoutMs: 5000 }

function spend(key: string, amount: number): Take {
  return { key, bound: { type: 'sum', max: 1e6, until }, amount }
}

/** A gateway whose store writes under this name. */
function gatewayOn(redis: RedisConnection, writer: string) {
  const { restore, raise, ...counters } = byTakes(redisCounters(redis))
  return {
    ...counters,
    restore: (takes: readonly Take[]) => restore(takes, writer),
    raise: (takes: readonly Take[]) => raise(takes, writer),
  }
}

async function spentOf(gateway: ReturnType<typeof gatewayOn>, key: string): Promise<number> {
  return 1e6 - ((await gateway.take([spend(key, 0)], 'look')).remaining[0] ?? Number.NaN)
}

async function flush(redis: RedisConnection): Promise<void> {
  await redis.send(async (client) => {
    const nodes = client instanceof Redis ? [client] : client.nodes('master')
    await Promise.all(nodes.map((node) => node.flushall()))
  })
}

const forms = { 'one server': () => startRedis(), 'a cluster': () => startCluster() }

describe('what stores of several gateways tell to be spent', { skip: withoutRedis, timeout: 120_000 }, () => {
  for (const [form, start] of Object.entries(forms)) {
    test(`is summed over stores, and told again changes nothing: ${form}`, async (t) => {
      const server = await start()
      t.after(() => server.remove())
      const redis = await working(openRedis(new Secret(server.url), patient))
      t.after(() => redis.close())
      const [a, b, sharesB] = [gatewayOn(redis, 'a'), gatewayOn(redis, 'b'), gatewayOn(redis, 'b')]
      // So many that each node has some.
      const keys = Array.from({ length: 30 }, (_, n) => `team:t${n}/budget-day`)
      const all = (amount: number) => keys.map((key) => spend(key, amount))
      const spent = async () => [...new Set(await Promise.all(keys.map((key) => spentOf(a, key))))]
      for (const loss of [1, 2]) {
        await a.restore(all(4))
        await b.raise(all(7))
        await a.take(all(1), `after loss ${loss}`)
        for (const gateway of [a, b, sharesB, a]) await gateway.restore(all(gateway === a ? 4 : 7))
        assert.deepEqual(await spent(), [12])
        // The one more that was counted is told: nothing is added. An older word than that lowers nothing.
        for (const amount of [5, 4]) await a.raise(all(amount))
        assert.deepEqual(await spent(), [12])
        await gatewayOn(redis, 'c').raise(all(3))
        assert.deepEqual(await spent(), [15])
        await flush(redis)
        assert.deepEqual(await spent(), [0])
      }
    })
  }

  test('is forgotten with its budget', async (t) => {
    const server = await startRedis()
    t.after(() => server.remove())
    const redis = await working(openRedis(new Secret(server.url), patient))
    t.after(() => redis.close())
    await gatewayOn(redis, 'a').restore([spend('team:t/budget-day', 4)])
    const ends = await redis.send(async (client) => {
      const keys = await client.keys('astra:[ls]*')
      return Promise.all(keys.map((key) => client.pexpiretime(key)))
    })
    assert.deepEqual(ends, [until + 3_600_000, until + 3_600_000])
  })

  test('whatever is taken, settled, told and lost, a budget holds no more than was spent and is in flight, and all of it that was told', async (t) => {
    const server = await startRedis()
    t.after(() => server.remove())
    const redis = await working(openRedis(new Secret(server.url), patient))
    t.after(() => redis.close())
    const gateways = ['a', 'b', 'b', 'c'].map((store) => ({ store, counters: gatewayOn(redis, store) }))
    let runs = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const key = `team:t${runs++}/budget-month`
        const accounted = new Map<string, number>()
        const inFlight: { readonly store: string; readonly reserved: number; readonly id: string }[] = []
        const tell = async ({ store, counters }: (typeof gateways)[number], tenths = 10) => {
          const told = [spend(key, Math.floor(((accounted.get(store) ?? 0) * tenths) / 10))]
          return (await spentOf(counters, key)) === 0 ? counters.restore(told) : counters.raise(told)
        }
        const end = ({ store, reserved, id }: (typeof inFlight)[number], costUsd: number) => {
          const { counters } = gateways.find((gateway) => gateway.store === store) ?? assert.fail()
          counters.settle([spend(key, costUsd - reserved)], id)
          accounted.set(store, (accounted.get(store) ?? 0) + costUsd)
        }
        const reserved = () => inFlight.reduce((sum, call) => sum + call.reserved, 0)
        const spent = () => [...accounted.values()].reduce((sum, costUsd) => sum + costUsd, 0)
        const tellAll = async () => {
          for (const gateway of gateways) await tell(gateway)
          const counted = await spentOf(gateways[0]?.counters ?? assert.fail(), key)
          assert.ok(isBetween(counted, spent(), reserved()), `${counted} of ${spent()} and ${reserved()} in flight`)
        }
        for (const [n, { what, by, usd, tenths }] of steps.entries()) {
          const gateway = gateways[by] ?? assert.fail()
          if (what === 'begin') {
            await gateway.counters.take([spend(key, usd)], `${key} ${n}`)
            inFlight.push({ store: gateway.store, reserved: usd, id: `${key} ${n}` })
          } else if (what === 'end') {
            const call = inFlight.splice(by % Math.max(1, inFlight.length), 1)[0]
            if (call) end(call, Math.floor((call.reserved * tenths) / 5))
          } else if (what === 'tell') await tell(gateway)
          // One that was held up on its way.
          else if (what === 'tell late') await tell(gateway, tenths)
          else if (what === 'lose') await flush(redis)
          else await tellAll()
          const counted = await spentOf(gateway.counters, key)
          assert.ok(counted <= spent() + reserved(), `${counted} of ${spent() + reserved()}`)
        }
        for (const call of inFlight.splice(0)) end(call, 1)
        await tellAll()
      }),
      { numRuns: 200 },
    )
  })
})

const step = fc.record({
  what: fc.constantFrom('begin', 'begin', 'begin', 'end', 'end', 'tell', 'tell late', 'lose', 'tell all'),
  by: fc.nat(3),
  usd: fc.integer({ min: 1, max: 9 }),
  tenths: fc.nat(10),
})

function isBetween(counted: number, spent: number, inFlight: number): boolean {
  return counted >= spent && counted <= spent + inFlight
}
