import type { ClientOptions } from './client-command.ts'
import { usageFault } from './failures.ts'

export interface DeclareOptions extends ClientOptions {
  readonly model?: string
  readonly control?: string
  readonly candidate?: readonly string[]
  readonly metric?: readonly string[]
  readonly guardrail?: readonly string[]
  readonly share?: readonly string[]
  readonly ramp?: readonly string[]
  readonly coverage?: string
  readonly allocation?: string
  readonly every?: string
  readonly least?: string
  readonly attribution?: string
  readonly alpha?: string
  readonly harmAlpha?: string
  readonly expectedUnits?: string
  readonly minimalUnits?: string
  readonly minimalDuration?: string
  readonly maximalDuration?: string
  readonly rule?: string
  readonly cached?: boolean
  readonly description?: string
}

type Options = readonly (readonly [flags: string, summary: string])[]

/** What an experiment is declared by. As the manifest has them: the gateway tells what is wrong with each, in the same words. */
export const declareOptions: Options = [
  ['--model <model>', 'the model, or its contract: spam@v1'],
  ['--candidate <version...>', 'versions that are compared with the control'],
  ['--metric <metric...>', 'what a candidate shall improve: a metric of feedback, errors, latency, cost …'],
  ['--control <version>', 'version whose place they are to take (default: the one with all the traffic)'],
  ['--guardrail <metric...>', 'what no candidate may harm, with a margin: latency-p95="10 %"'],
  ['--share <version=part...>', 'parts of the units that take part (default: equal ones)'],
  ['--allocation <method>', 'fixed (the default), thompson or track-and-stop: shares follow what is seen'],
  ['--every <duration>', 'with an allocation: no sooner than so long after the last change'],
  ['--least <share>', 'with an allocation: the least share of each arm'],
  ['--coverage <share>', 'the share of all units that take part, 0 to 1'],
  ['--ramp <coverage:for...>', 'instead: its steps, such as 0.01:1h 0.1:1d 1'],
  ['--attribution <duration>', "how long after a unit's first call its calls and their feedback count"],
  ['--alpha <probability>', 'of an error over all metrics and candidates together'],
  ['--harm-alpha <probability>', 'of an error of each guardrail'],
  ['--expected-units <count>', 'where the intervals shall be narrowest'],
  ['--minimal-units <count>', 'of each arm, before anything is promoted'],
  ['--minimal-duration <duration>', 'nothing is promoted before'],
  ['--maximal-duration <duration>', 'then it ends'],
  ['--rule <rule>', 'advise (the default) or automatic'],
  ['--cached', 'its calls may be answered by the cache'],
  ['--description <text>', 'for people'],
]

/** As the platform API takes it; what was not given is left out. */
export function fieldsOf(given: DeclareOptions): object {
  const { candidate, metric, guardrail, share, ramp, allocation, every, least } = given
  const { model, control, description, rule, cached, attribution, minimalDuration, maximalDuration } = given
  const numbers = { expectedUnits: given.expectedUnits, minimalUnits: given.minimalUnits }
  const shares = { coverage: given.coverage, alpha: given.alpha, harmAlpha: given.harmAlpha }
  const allocated = { method: allocation, every, least: least === undefined ? undefined : partOf('least', least) }
  return withoutUndefined({
    ...{ model, control, description, rule, cached, attribution, minimalDuration, maximalDuration },
    candidates: candidate,
    metrics: metric,
    guardrails: guardrail?.map(guardrailOf),
    shares: share && Object.fromEntries(share.map(shareOf)),
    ramp: ramp?.map(stepOf),
    allocation: Object.values(allocated).some((value) => value !== undefined) ? withoutUndefined(allocated) : undefined,
    ...numbered(numbers, numberOf),
    ...numbered(shares, partOf),
  })
}

function numbered(
  given: Readonly<Record<string, string | undefined>>,
  read: (name: string, text: string) => number,
): object {
  return Object.fromEntries(
    Object.entries(given).map(([name, text]) => [name, text === undefined ? undefined : read(name, text)]),
  )
}

/** "latency-p95=10 %", or the metric alone. */
function guardrailOf(text: string): object {
  const [metric, margin] = partsOf(text, '=')
  return margin === undefined ? { metric } : { metric, margin }
}

function shareOf(text: string): readonly [string, number] {
  const [version = '', part] = partsOf(text, '=')
  if (part === undefined) throw usageFault(`"${text}" is no share. Give it like 1.0=50.`)
  return [version, numberOf('share', part)]
}

function stepOf(text: string): object {
  const [coverage = '', lasts] = partsOf(text, ':')
  const step = { coverage: partOf('ramp', coverage) }
  return lasts === undefined ? step : { ...step, for: lasts }
}

function partsOf(text: string, sign: string): readonly string[] {
  const at = text.indexOf(sign)
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

/** "0.1", or "10%". */
function partOf(name: string, text: string): number {
  const [, percents] = /^\s*(\d+(?:\.\d+)?)\s*%\s*$/.exec(text) ?? []
  return percents === undefined ? numberOf(name, text) : Number((Number(percents) / 100).toPrecision(12))
}

function numberOf(name: string, text: string): number {
  const number = Number(text)
  if (text.trim() === '' || !Number.isFinite(number)) throw usageFault(`"${text}" is no number for ${name}.`)
  return number
}

function withoutUndefined(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
