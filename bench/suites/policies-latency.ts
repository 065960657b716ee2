import type { Call } from '../load/call.ts'
import { openLoop } from '../load/run-open-loop.ts'
import { cpuSeconds } from '../measure/cpu.ts'
import { latencyRows, measureLatency } from '../measure/latency.ts'
import type { Contestant } from '../measure/saturation.ts'
import { allOn, allOnRedis, bare, cacheHitRedis } from '../policies.ts'
import type { Row } from '../report.ts'
import type { RedisServer } from '../servers/redis.ts'
import type { Settings } from '../suite.ts'
import { connections } from '../workload.ts'

/** So few that hardly a call waits for another. */
const slow = { rate: 200, seconds: 2 }

type Contestants = ReadonlyMap<string, Contestant>

/** How long calls take where there is time enough, and what Redis is asked for each. `absent` says why a row is not there. */
export async function slowRows(
  contestants: Contestants,
  redis: RedisServer | undefined,
  absent: ReadonlyMap<string, string>,
  settings: Settings,
): Promise<readonly Row[]> {
  const names = [bare, allOn, allOnRedis]
  const calls = names.flatMap((name) => firstOf(contestants, name).map((call) => [name, call] as const))
  const table = `Policies: latency of a chat at ${slow.rate} calls a second, ms from when each was due; ratio of medians`
  const { samples, failures } = await measureLatency(new Map(calls), slow, settings)
  const rows = latencyRows(table, bare, names, { samples, failures: new Map([...absent, ...failures]) })
  const [floor] = rows
  return [
    ...rows.map((row) => (row === floor ? row : withAdded(row, floor))),
    ...(await redisRows(contestants, redis, settings)),
  ]
}

function withAdded(row: Row, floor: Row | undefined): Row {
  const added = ['ms p50', 'ms p99'].flatMap((unit) => {
    const [here, there] = [row.figures?.[unit], floor?.figures?.[unit]]
    return here === undefined || there === undefined ? [] : [[`${unit} more`, here - there] as const]
  })
  return { ...row, figures: { ...row.figures, ...Object.fromEntries(added) } }
}

async function redisRows(
  contestants: Contestants,
  redis: RedisServer | undefined,
  settings: Settings,
): Promise<readonly Row[]> {
  const table = `Policies: what Redis is asked for a call, at ${slow.rate} calls a second`
  if (!redis) return [{ table, name: 'all', note: 'not measured: redis-server is not installed' }]
  const rows: Row[] = []
  for (const name of [allOnRedis, cacheHitRedis]) {
    for (const call of firstOf(contestants, name)) {
      const asked = await askedOf(redis, call, settings).catch((error: Error) => error)
      if (asked instanceof Error) rows.push({ table, name, note: `not measured: ${asked.message}` })
      else rows.push({ table, name, figures: asked })
    }
  }
  return rows
}

async function askedOf(
  redis: RedisServer,
  call: Call,
  { machine }: Settings,
): Promise<Readonly<Record<string, number>>> {
  const before = { reads: await redis.reads(), cpu: cpuSeconds(redis.pid) }
  const { count } = await openLoop({ call, ...slow, connections }, machine.loadCores)
  // One call more opens each connection.
  const perCall = (sum: number) => sum / (count + connections)
  return {
    'round trips': perCall((await redis.reads()) - before.reads),
    'us CPU of Redis': perCall(1e6 * (cpuSeconds(redis.pid) - before.cpu)),
  }
}

function firstOf(contestants: Contestants, name: string): readonly Call[] {
  return contestants.get(name)?.calls.slice(0, 1) ?? []
}
