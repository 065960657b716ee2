import { verdictOf } from '@astraapi/statistics'
import type { AuditEntry } from '../../kernel/audit.ts'
import type { ExperimentState, Progress } from '../../kernel/experiment.ts'
import type { ArmFigures } from '../experiments/arm-figures.ts'
import type { Evaluation } from '../experiments/evaluate.ts'
import type { History } from '../experiments/history.ts'
import { controllerActor } from '../experiments/made-change.ts'
import { runningMs, stepEndsInMs } from '../experiments/running-time.ts'
import { doneActions, doneText } from './experiment-words.ts'
import { isoTime } from './schemas.ts'
import { withoutUndefined } from './without-undefined.ts'

export function experimentRowJson(name: string, { model, major, control, candidates, progress }: ExperimentState) {
  const { status, since, reason, winner } = progress
  const row = { name, model, major: `v${major}`, control, candidates, status, since: isoTime(since), reason, winner }
  return withoutUndefined(row)
}

/** What is known beside the catalog; of a draft nothing is. */
export interface Facts {
  readonly arms: readonly ArmFigures[]
  readonly latest: Evaluation | undefined
  readonly fault: string | undefined
  readonly now: number
  /** Calls of units past the bound; left out or 0: none. */
  readonly beyond?: number
}

export function experimentJson(name: string, experiment: ExperimentState, { arms, latest, fault, now, beyond }: Facts) {
  const { description, shares, allocation, ramp, attributionMs, cached = false, metrics, plan, progress } = experiment
  const { startedAt, step, stepSince, epochs, by } = progress
  return {
    ...experimentRowJson(name, experiment),
    ...withoutUndefined({
      description,
      allocation,
      origin: experiment.origin,
      startedAt: startedAt === undefined ? undefined : isoTime(startedAt),
      stepSince: stepSince === undefined ? undefined : isoTime(stepSince),
      by,
      evaluatedAt: latest && isoTime(latest.time),
      stepEndsInMs: latest?.stepRan?.step === step ? stepEndsInMs(ramp, latest.stepRan) : undefined,
      fault,
      beyond: beyond || undefined,
    }),
    ...{ shares, ramp, attributionMs, cached, plan, step, arms },
    metrics: metrics.map(({ from, ...metric }) => ({ ...metric, from: withoutUndefined(from) })),
    elapsedMs: Math.round(elapsedOf(progress, latest, now)),
    epochs: epochs.map(({ from, ...epoch }) => ({
      ...epoch,
      from: isoTime(from),
      ...withoutUndefined({ units: latest?.epochUnits?.[epoch.number] }),
    })),
    evaluations: latest ? evaluationsJson(latest, progress) : [],
  }
}

/** As far as it was looked at, and since then. */
function elapsedOf(progress: Progress, latest: Evaluation | undefined, now: number): number {
  if (!latest) return runningMs(progress, now)
  return (
    latest.elapsedMs + (progress.status === 'running' ? Math.max(0, now - Math.max(progress.since, latest.time)) : 0)
  )
}

/** What the controller did is told as done; all else is advice. */
function evaluationsJson({ analysis, decision, time }: Evaluation, { status, by, since }: Progress) {
  const done = status !== 'running' && by === controllerActor
  const how = done ? ({ rule: 'automatic', atMs: since } as const) : ({ rule: 'advise', atMs: time } as const)
  return analysis.candidates.flatMap((found) => {
    const made = decision.decisions.find(({ candidate }) => candidate === found.candidate)
    if (!made) return []
    const { action, text } = verdictOf(found, made, how)
    return [{ candidate: found.candidate, analysis: found, decision: made, verdict: { action, text } }]
  })
}

export function historyJson({ points }: History) {
  return points.map(({ time, ...point }) => ({ time: isoTime(time), ...point }))
}

/** What was done, by the audit log: the oldest first. */
export function decisionsJson(entries: readonly AuditEntry[]) {
  return entries.toReversed().flatMap(({ time, operation, keyId, after }) => {
    const action = doneActions.get(operation)
    if (action === undefined) return []
    return [{ time: isoTime(time), action, text: doneText(action, afterOf(after)), by: keyId }]
  })
}

/** An entry that was cut is no JSON any more: then the words tell no details. */
function afterOf(text: string | undefined): { readonly reason?: string; readonly coverage?: number } {
  try {
    return JSON.parse(text ?? '{}')
  } catch {
    return {}
  }
}
