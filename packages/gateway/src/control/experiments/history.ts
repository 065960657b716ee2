import type { Analysis } from '@astraapi/statistics'

/** What the chart of an experiment is drawn from: what evaluations found, at most {@link pointsMax} of them, evenly spread over time. */
export interface History {
  /** Points stand at least so far apart, the latest excepted: it is always the latest evaluation's. */
  readonly spacingMs: number
  /** Oldest first. */
  readonly points: readonly HistoryPoint[]
}

export interface HistoryPoint {
  /** ms since the Unix epoch. */
  readonly time: number
  /** Running time, ms. */
  readonly elapsedMs: number
  /** By candidate. */
  readonly candidates: Readonly<Record<string, CandidatePoint>>
}

export interface CandidatePoint {
  /** Of both arms, as far as analysed. */
  readonly units: number
  /** By metric. */
  readonly metrics: Readonly<Record<string, MetricPoint>>
}

export interface MetricPoint {
  readonly estimate: number | null
  readonly lower: number | null
  readonly upper: number | null
}

export const pointsMax = 500
export const noHistory: History = { spacingMs: 0, points: [] }

/** With one more point. Past the bound every other one goes, and new ones are taken half as often. */
export function withPoint({ spacingMs, points }: History, point: HistoryPoint): History {
  // A clock that was set back: what it says is later than now did not happen as far as a chart over time goes.
  const before = points.filter(({ time }) => time < point.time)
  const [last, beforeLast] = [before.at(-1), before.at(-2)]
  const isProvisional = last !== undefined && beforeLast !== undefined && last.time - beforeLast.time < spacingMs
  const all = [...(isProvisional ? before.slice(0, -1) : before), point]
  return all.length <= pointsMax ? { spacingMs, points: all } : thinned(all, spacingMs)
}

function thinned(points: readonly HistoryPoint[], spacingMs: number): History {
  const [first, last] = [points[0], points.at(-1)]
  if (first === undefined || last === undefined) return noHistory
  const spacing = Math.max(2 * spacingMs, (last.time - first.time) / (pointsMax / 2))
  let latest = Number.NEGATIVE_INFINITY
  const kept = points.filter(({ time }) => {
    if (time - latest < spacing) return false
    latest = time
    return true
  })
  return { spacingMs: spacing, points: kept.at(-1) === last ? kept : [...kept, last] }
}

export function pointOf({ candidates }: Analysis, time: number, elapsedMs: number): HistoryPoint {
  return {
    time,
    elapsedMs: Math.round(elapsedMs),
    candidates: Object.fromEntries(
      candidates.map(({ candidate, metrics, units }) => [
        candidate,
        {
          units:
            Math.max(0, ...metrics.map((found) => found.units.control + found.units.candidate)) ||
            units.control + units.candidate,
          metrics: Object.fromEntries(
            metrics.map(({ metric, estimate, interval }) => [
              metric.name,
              { estimate: short(estimate), lower: short(interval.lower), upper: short(interval.upper) },
            ]),
          ),
        },
      ]),
    ),
  }
}

/** Six digits are more than a chart shows, and a third of the text. */
const short = (value: number | null): number | null => (value === null ? null : Number(value.toPrecision(6)))
