/**
 * One of several processes that use the same limits for a while, as gateways do. Started with Redis' address, its own name and for how
 * long; it waits for its parent's word, and tells it what was admitted.
 */
import { once } from 'node:events'
import type { Take } from '../../../kernel/limits.ts'
import { Secret } from '../../../kernel/secret.ts'
import { byTakes } from '../../testing/by-takes.ts'
import { openRedis } from '../connection.ts'
import { redisCounters } from '../counters.ts'
import { budgetMax, inFlightMax, type Report, rate } from './shared-limits.ts'
import { working } from './working.ts'

const [url = '', name = '', runMs = '0'] = process.argv.slice(2)
const redis = await working(openRedis(new Secret(url), { commandTimeoutMs: 5000 }))
const counters = byTakes(redisCounters(redis))
process.send?.('ready')
await once(process, 'message')
const end = performance.now() + Number(runMs)
const report = { requests: 0, calls: 0, spent: 0, inFlightSeen: 0, refused: 0 }
const until = Date.UTC(2100, 0)

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1))
}

async function askForRequests(): Promise<void> {
  while (performance.now() < end) {
    const { taken } = await counters.take([{ key: 'shared/requests', bound: rate, amount: 1 }], name)
    if (taken) report.requests += 1
    else await turn()
  }
}

/** Reserves 7, uses 3. `inFlight` counts what really goes on at once, between the take and the lease's return. */
async function call(id: string): Promise<void> {
  const key = { budget: 'shared/budget', flight: 'shared/concurrent' }
  const takes: readonly Take[] = [
    { key: key.flight, bound: { type: 'concurrent', max: inFlightMax, leaseMs: 60_000 }, amount: 1 },
    { key: key.budget, bound: { type: 'sum', max: budgetMax, until }, amount: 7 },
  ]
  if (!(await counters.take(takes, id)).taken) {
    report.refused += 1
    return await turn()
  }
  const inFlight = await redis.send((client) => client.incr('inFlight'))
  report.inFlightSeen = Math.max(report.inFlightSeen, inFlight)
  await turn()
  await redis.send((client) => client.decr('inFlight'))
  report.calls += 1
  report.spent += 3
  counters.settle(
    takes.map((take, at) => ({ ...take, amount: at === 0 ? -1 : -4 })),
    id,
  )
}

async function makeCalls(caller: number): Promise<void> {
  for (let n = 0; performance.now() < end; n += 1) await call(`${name}-${caller}-${n}`)
}

await Promise.all([askForRequests(), askForRequests(), ...[1, 2, 3, 4].map(makeCalls)])
await counters.close()
await redis.close()
const all: Report = { ...report, unsettled: counters.unsettled() }
process.send?.(all)
process.disconnect?.()
