import { type Call, checkCall } from '../load/call.ts'
import { saturate } from '../load/wrk.ts'
import { type Budget, joinNotes, type Row } from '../report.ts'
import type { Settings } from '../suite.ts'
import { connections } from '../workload.ts'
import { cpuByThread, cpuSeconds } from './cpu.ts'
import { summarise } from './percentiles.ts'
import { differenceOf, inTurns, ratioOf } from './rounds.ts'

/** A server under test and what it is asked. */
export interface Contestant {
  readonly pid: number
  readonly calls: readonly Call[]
  /** Part of every good answer; see `checkCall`. */
  readonly expected: string | RegExp
  /** After each turn: throws when the server knows of a call that failed although the client saw a good status. */
  readonly check?: () => Promise<void>
}

export interface Saturation {
  /** us of user and system time per request. */
  readonly cpuUs: number
  readonly requests: number
  readonly perSecond: number
  /** Share of a core that the server used. Well below 1: the load or the upstream was the limit, not the server. */
  readonly busy: number
  /** us per request, by the name of the thread. */
  readonly threads: ReadonlyMap<string, number>
}

export type Saturations = ReadonlyMap<string, readonly Saturation[]>

/**
 * CPU per request of each contestant at saturation, in turns. The turn before the measured ones lasts until the compiler is
 * done: a fixed time would leave the busiest server half compiled. Each of the others begins with a second that is not measured.
 */
export async function measureSaturation(contestants: ReadonlyMap<string, Contestant>, settings: Settings) {
  const { rounds, seconds, machine, say } = settings
  const turns = await inTurns([...contestants.keys()], rounds, async (name, round) => {
    const contestant = contestants.get(name)
    if (!contestant) throw new Error(`nobody is called ${name}`)
    if (round !== 'warm-up') await saturateOnce(contestant, againSeconds, machine.loadCores)
    const saturation =
      round === 'warm-up'
        ? await warmUp(contestant, settings)
        : await saturateOnce(contestant, seconds, machine.loadCores)
    await contestant.check?.()
    say(`${name}, ${round === 'warm-up' ? round : `round ${round + 1}`}: ${saturation.cpuUs.toFixed(1)} us`)
    return saturation
  })
  for (const [name, why] of turns.failures) say(`${name} was not measured: ${why}`)
  return turns
}

/**
 * V8 compiles a server of this size for some ten thousand calls. A warm-up ends after `warmUpCalls`, once a slice costs hardly less
 * per request than the one before, and in any case after so many slices.
 */
const enough = { gain: 0.04, slices: 15 } as const

/** Unmeasured, ahead of each turn: after a pause in which others had theirs, caches are cold, and calls cost up to a quarter more. */
const againSeconds = 1

async function warmUp(
  contestant: Contestant,
  { warmUpSeconds: seconds, warmUpCalls, machine }: Settings,
): Promise<Saturation> {
  const cores = machine.loadCores
  const [first] = contestant.calls
  if (first) await checkCall(first, contestant.expected)
  let before = await saturateOnce(contestant, seconds, cores)
  let requests = before.requests
  for (let slice = 1; slice < enough.slices; slice++) {
    const now = await saturateOnce(contestant, seconds, cores)
    requests += now.requests
    if (requests >= warmUpCalls && now.cpuUs > (1 - enough.gain) * before.cpuUs) return now
    before = now
  }
  return before
}

async function saturateOnce(
  { pid, calls }: Contestant,
  seconds: number,
  cores: string | undefined,
): Promise<Saturation> {
  const before = { cpu: cpuSeconds(pid), threads: cpuByThread(pid) }
  const done = await saturate({ calls, connections, seconds, cores })
  const cpu = cpuSeconds(pid) - before.cpu
  const perRequest = (spent: number) => (1e6 * spent) / done.requests
  const threads = [...cpuByThread(pid)].map(
    ([name, spent]) => [name, perRequest(spent - (before.threads.get(name) ?? 0))] as const,
  )
  return {
    cpuUs: perRequest(cpu),
    requests: done.requests,
    perSecond: done.requests / done.seconds,
    busy: cpu / done.seconds,
    threads: new Map(threads),
  }
}

export function cpuOf(samples: readonly Saturation[] | undefined): readonly number[] {
  return (samples ?? []).map(({ cpuUs }) => cpuUs)
}

/** One row for each name; `floor` is the one that is 1. */
export function callRows(
  table: string,
  floor: string,
  names: readonly string[],
  { samples, failures }: { readonly samples: Saturations; readonly failures: ReadonlyMap<string, string> },
  budgets: Readonly<Record<string, Budget>>,
): readonly Row[] {
  return names.map((name): Row => {
    const measured = samples.get(name)
    const ratio = ratioOf(cpuOf(measured), cpuOf(samples.get(floor)))
    const failure = failures.get(name)
    const note = failure === undefined ? starved(measured) : `not measured: ${failure}`
    const budget = budgets[name]
    return {
      table,
      name,
      ...(ratio && { ratio }),
      figures: figuresOf(measured),
      ...(budget && { budget }),
      ...(note !== undefined && { note }),
    }
  })
}

/** What one row costs in place of another, as a ratio and in CPU. */
export interface Comparison {
  readonly name: string
  readonly over: string
  readonly under: string
  readonly budget?: Budget | undefined
}

/** `rows` are those of both sides: what speaks against them speaks against what is made of them. */
export function comparedRow(
  table: string,
  { name, over, under, budget }: Comparison,
  samples: Saturations,
  rows: readonly Row[],
): Row {
  const [a, b] = [cpuOf(samples.get(over)), cpuOf(samples.get(under))]
  const [ratio, more] = [ratioOf(a, b), differenceOf(a, b)]
  const sides = rows.filter((row) => row.name === over || row.name === under)
  const said = joinNotes(...sides.map((row) => row.note && `${row.name}: ${row.note}`))
  const note = said ?? (ratio ? undefined : 'not measured')
  return {
    table,
    name,
    ...(ratio && more && { ratio, figures: { 'us CPU more': more.median } }),
    ...(budget && { budget }),
    ...(note !== undefined && { note }),
  }
}

/** For the column of what is true of this machine only. */
export function figuresOf(samples: readonly Saturation[] | undefined): Readonly<Record<string, number>> {
  if (!samples || samples.length === 0) return {}
  const median = (field: 'cpuUs' | 'perSecond' | 'busy') => summarise(samples.map((sample) => sample[field])).median
  return { 'us CPU': median('cpuUs'), '/s': median('perSecond'), '% busy': 100 * median('busy') }
}

/** Why a row's CPU per call is more than it should be; undefined when nothing speaks against it. */
function starved(samples: readonly Saturation[] | undefined): string | undefined {
  if (!samples || samples.length === 0) return undefined
  const share = summarise(samples.map(({ busy }) => busy)).median
  if (share >= 0.8) return undefined
  return `the server had its core for ${Math.round(100 * share)} % of the time only: others ran there, or load and upstream could do no more`
}
