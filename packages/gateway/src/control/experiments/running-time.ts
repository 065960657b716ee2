import type { Progress, RampStep } from '../../kernel/experiment.ts'

/** How long it has run, without its pauses, ms. A clock that was set back makes it no shorter than what was before its present status. */
export function runningMs({ status, since, ranMs }: Progress, now: number): number {
  return status === 'running' ? ranMs + Math.max(0, now - since) : ranMs
}

/**
 * How long it has run under the controller's eyes, ms: pauses do not count, nor gaps in which nobody looked, say while the gateway or the store
 * was down. What nobody could have stopped is no time in which nothing spoke against it.
 */
export function seenMs(progress: Progress, now: number, { before, gapMaxMs }: StepSeen): number {
  const { status, since } = progress
  // One that is looked at for the first time after its present status began may have run before that.
  const known = before ? before.elapsedMs : Math.min(runningMs(progress, now), progress.ranMs + gapMaxMs)
  if (status !== 'running' || !before) return known
  return known + Math.min(gapMaxMs, Math.max(0, now - Math.max(since, before.time)))
}

/** How long a step of the ramp lasts already, ms of the running time that evaluations saw. */
export interface StepRan {
  /** Its place. */
  readonly step: number
  readonly ranMs: number
}

export interface StepSeen {
  /** As the evaluation before found it, and when that was. */
  readonly before?: { readonly time: number; readonly elapsedMs: number; readonly stepRan?: StepRan } | undefined
  /** Between two evaluations no more counts: in a longer gap nobody looked at what the step did, or no call came at all. */
  readonly gapMaxMs: number
}

/** Of the present step. What was paused counts nothing. */
export function stepRan({ status, since, step }: Progress, now: number, { before, gapMaxMs }: StepSeen): StepRan {
  const ranMs = before?.stepRan?.step === step ? before.stepRan.ranMs : 0
  if (status !== 'running') return { step, ranMs }
  const seenUntil = Math.max(since, before?.time ?? since)
  return { step, ranMs: ranMs + Math.min(gapMaxMs, Math.max(0, now - seenUntil)) }
}

/** In how much more running time the present step of a ramp has lasted as long as it shall, ms; undefined of one that stays. */
export function stepEndsInMs(ramp: readonly RampStep[], { step, ranMs }: StepRan): number | undefined {
  const forMs = ramp[step]?.forMs
  if (step >= ramp.length - 1 || forMs === undefined) return undefined
  return Math.max(0, forMs - ranMs)
}
