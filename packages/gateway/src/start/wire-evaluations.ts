import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { createEvaluate } from '../control/evaluations/evaluate.ts'
import { Evaluations } from '../control/evaluations/evaluations.ts'
import type { Catalog } from '../kernel/catalog.ts'
import type { Clock } from '../kernel/clock.ts'
import { operatorReason, toAstraError } from '../kernel/errors.ts'
import type { Evaluate } from '../kernel/evaluation.ts'
import type { AskOwn } from '../kernel/own-call.ts'
import type { Store } from '../kernel/store.ts'

export interface WiredEvaluations {
  /** For gates, too. */
  readonly evaluate: Evaluate
  readonly evaluations: Evaluations
  /** Never rejects: what an earlier run left is no reason not to start. */
  prepare(): Promise<void>
  close(): Promise<void>
}

export function wireEvaluations(ports: {
  readonly store: Pick<Store, 'evaluations'>
  readonly ask: AskOwn
  readonly catalog: () => Catalog
  readonly clock: Clock
  readonly log: Pick<Logger, 'warn'>
}): WiredEvaluations {
  const { store, ask, catalog, clock, log } = ports
  const wait = (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal, ref: false }).catch(() => undefined)
  const evaluate = createEvaluate({ ask, catalog, clock, wait })
  const evaluations = new Evaluations({
    evaluate,
    store: store.evaluations,
    clock,
    failed: (evaluation, reason) => log.warn({ evaluation, reason }, 'an evaluation broke down, or is not written'),
  })
  return {
    evaluate,
    evaluations,
    prepare: () =>
      evaluations.prepare().catch((thrown) => {
        log.warn({ reason: operatorReason(toAstraError(thrown)) }, 'evaluations of before could not be looked at')
      }),
    close: () => evaluations.close(),
  }
}
