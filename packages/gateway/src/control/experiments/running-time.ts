import type { Progress, RampStep } from '../../kernel/experiment.ts'

/** How long it has run, without its pauses, ms. A clock that was set back makes it no shorter than what was before its present status. */
export function runningMs({ status, since, ranMs }: Progress, now: number): number {
  return status === 'running' ? ranMs + Math.max(0, now - since) : ranMs
}

/** The step that a ramp has reached after so much running time: its place. */
export function stepDue(ramp: readonly RampStep[], elapsedMs: number): number {
  let endsMs = 0
  for (const [place, { forMs }] of ramp.slice(0, -1).entries()) {
    endsMs += forMs ?? Number.POSITIVE_INFINITY
    if (elapsedMs < endsMs) return place
  }
  return Math.max(0, ramp.length - 1)
}

/** In how much running time the next step is due, ms; undefined in the last. */
export function nextStepInMs(ramp: readonly RampStep[], step: number, elapsedMs: number): number | undefined {
  if (step >= ramp.length - 1) return undefined
  const endsMs = ramp.slice(0, step + 1).reduce((sum, { forMs = Number.POSITIVE_INFINITY }) => sum + forMs, 0)
  return Number.isFinite(endsMs) ? Math.max(0, endsMs - elapsedMs) : undefined
}
