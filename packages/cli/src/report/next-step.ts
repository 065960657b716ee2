import type { Evaluation, ExperimentJson } from './experiment-json.ts'
import { countText, shareText, spanText, timeText } from './numbers.ts'

type Told = Pick<
  ExperimentJson,
  | 'name'
  | 'control'
  | 'status'
  | 'since'
  | 'reason'
  | 'winner'
  | 'plan'
  | 'elapsedMs'
  | 'ramp'
  | 'step'
  | 'stepEndsInMs'
  | 'arms'
  | 'beyond'
  | 'allocation'
  | 'evaluatedAt'
  | 'epochs'
> & { readonly evaluations: readonly Evaluation[] }

/** What happens next, and when at the earliest: a sentence each. */
export function nextSteps(experiment: Told, now: number): readonly string[] {
  return [...statusSteps(experiment, now), ...lookedAt(experiment), ...beyondSteps(experiment)]
}

/** What is analysed is as old as the last look; what arms got is not. */
const lookedAt = ({ evaluatedAt, status }: Told): readonly string[] =>
  evaluatedAt !== undefined && goesOn.has(status) ? [`Analysed as of ${timeText(evaluatedAt)}.`] : []

const goesOn: ReadonlySet<Told['status']> = new Set(['running', 'paused'])

function beyondSteps({ beyond = 0 }: Told): readonly string[] {
  if (beyond === 0) return []
  const calls = `${countText(beyond)} ${beyond === 1 ? 'call' : 'calls'}`
  return [`The bound on units is reached: ${calls} of further units are in no metric, guardrails neither. End it.`]
}

function statusSteps(experiment: Told, now: number): readonly string[] {
  const { name, status, since, winner, control, reason } = experiment
  const at = timeText(since)
  switch (status) {
    case 'draft':
      return [`It takes no traffic yet: "astraapi experiments start ${name}" begins it.`]
    case 'running':
      return runningSteps(experiment, now)
    case 'paused':
      return [
        `Paused since ${at}${reason === undefined ? '' : `: ${reason.replace(/\.$/, '')}`}. Each unit keeps its version, nothing is counted as evidence.`,
        `"astraapi experiments resume ${name}" goes on, "astraapi experiments stop ${name}" ends it with ${control}.`,
      ]
    case 'promoted':
      return [`It ended at ${at}: ${winner ?? 'the candidate'} takes all calls.`]
    default:
      return [`It ended at ${at}: ${control} takes all calls.`]
  }
}

function runningSteps(experiment: Told, now: number): readonly string[] {
  const { plan, elapsedMs, ramp, step, stepEndsInMs: ends, arms, allocation } = experiment
  const steps: string[] = []
  const wait = plan.minimalDurationMs - elapsedMs
  const fewest = arms.length === 0 ? 0 : Math.min(...arms.map(({ units }) => units))
  const missing = plan.minimalUnits - fewest
  if (wait > 0) steps.push(`A promotion may come at ${timeOf(now + wait)} at the earliest (${spanText(wait)} to go).`)
  if (missing > 0) steps.push(unitsStep(missing, plan.minimalUnits, perMs(fewest, elapsedMs), now))
  if (wait <= 0 && missing <= 0) steps.push('It may be decided at every look.')
  const next = ramp[step + 1]
  if (next && ends !== undefined) {
    steps.push(`Its coverage goes to ${shareText(next.coverage)} at about ${timeOf(now + ends)}.`)
  }
  steps.push(`Undecided, it ends at ${timeOf(now + Math.max(0, plan.maximalDurationMs - elapsedMs))}.`)
  if (allocation) {
    steps.push(
      `Its shares follow what is seen (${allocation.method}), no sooner than ${spanText(allocation.everyMs)} after the last change.`,
    )
  }
  steps.push(...driedUp(experiment, now))
  if (plan.rule === 'advise') steps.push('The rule is "advise": it promotes nothing by itself.')
  return steps
}

/** An epoch of fewer new units after so long learns nothing: those that come were met before. */
const epochUnitsMin = 20
const epochSpanMs = 600_000

function driedUp({ epochs, arms, allocation }: Told, now: number): readonly string[] {
  const [latest, before] = epochs.toReversed()
  if (!before || latest?.units === undefined || latest.units >= epochUnitsMin * arms.length) return []
  if (now - Date.parse(latest.from) < epochSpanMs) return []
  const came = `${countText(latest.units)} new ${latest.units === 1 ? 'unit' : 'units'}`
  return [
    `Since its shares changed at ${timeText(latest.from)} it got ${came}: those that were met before tell nothing more.`,
    ...(allocation ? ['Where the same ones come back, a test with fixed shares learns more.'] : []),
  ]
}

const perMs = (units: number, elapsedMs: number): number => (elapsedMs > 0 ? units / elapsedMs : 0)

function unitsStep(missing: number, minimal: number, rate: number, now: number): string {
  const text = `The smaller arm lacks ${countText(missing)} of the ${countText(minimal)} units that a promotion takes`
  return rate > 0 ? `${text}: as they come now, until about ${timeOf(now + missing / rate)}.` : `${text}.`
}

/** A date that JavaScript knows none for is far enough away. */
const timeOf = (ms: number): string => timeText(new Date(Math.min(ms, 8.64e15)).toISOString())
