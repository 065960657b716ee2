import { features } from '../policies.ts'
import { joinNotes, type Row } from '../report.ts'
import type { GatewayProcess } from '../servers/gateway.ts'

/** Calls of a row that Redis was too late for. */
export interface Late {
  readonly unchecked: number
  readonly failed: number
}

/** By the row: the calls since the gateway's start, or since `before`, for which Redis was late. */
export async function lateCalls(
  gateways: ReadonlyMap<string, GatewayProcess>,
  before: ReadonlyMap<string, Late> = new Map(),
) {
  const late = new Map<string, Late>()
  for (const [name, gateway] of gateways) {
    if (!features[name]?.redis) continue
    const { unchecked, failed } = before.get(name) ?? { unchecked: 0, failed: 0 }
    late.set(name, {
      unchecked: (await gateway.metric('astra_limits_unchecked_total')) - unchecked,
      failed: (await gateway.metric('astra_cache_failures_total')) - failed,
    })
  }
  return late
}

/** While Redis is late, calls go on without it, and cost less than they should. */
export function withoutRedis(row: Row, late: ReadonlyMap<string, Late>): Row {
  const { unchecked, failed } = late.get(row.name) ?? { unchecked: 0, failed: 0 }
  if (unchecked + failed === 0) return row
  const told = `Redis was late: ${unchecked} calls went on without limits, ${failed} answers were not looked up or kept`
  const note = joinNotes(row.note, told)
  return { ...row, ...(note !== undefined && { note }) }
}
