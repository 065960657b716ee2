import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'
import { auditText, type Mask } from '../control/audit/audit-text.ts'
import { type ControllerFacts, ExperimentController } from '../control/experiments/controller.ts'
import { controllerActor, type MadeChange } from '../control/experiments/made-change.ts'
import { auditTargetOf, doneText, experimentAudit, operationOf } from '../control/operations/experiment-words.ts'
import type { CatalogControl, ExperimentReads } from '../control/operations/ports.ts'
import type { AuditLog } from '../kernel/audit.ts'
import type { Clock } from '../kernel/clock.ts'
import { operatorReason, toAstraError } from '../kernel/errors.ts'
import type { CallRecord } from '../kernel/record.ts'
import type { Store } from '../kernel/store.ts'
import { StartError } from './options.ts'

export interface WiredExperiments {
  readonly reads: ExperimentReads
  facts(): ControllerFacts
  /** Those whose last evaluation failed, and why. */
  notEvaluated(): readonly { readonly experiment: string; readonly reason: string }[]
  /** Takes a Record that is kept. */
  note(record: CallRecord): void
  /** The catalog was changed. */
  follow(): void
  /** Before the first call comes. Never rejects, and waits for no store that hangs. */
  prepare(): Promise<void>
  /** From now on experiments are evaluated: at once, then at intervals. */
  begin(): void
  /** Begins nothing more, and waits for an evaluation that goes on. */
  close(): Promise<void>
}

export interface ExperimentPorts {
  readonly store: Pick<Store, 'state' | 'reports' | 'forgetExperiment'>
  readonly catalogControl: Pick<CatalogControl, 'current' | 'changeExperiment'>
  readonly audit: Pick<AuditLog, 'append'>
  readonly mask: Mask
  readonly clock: Clock
  readonly log: Pick<Logger, 'info' | 'warn'>
  readonly everyMs: number
}

const everyMsDefault = 10_000
/** A store that hangs keeps nobody from starting or stopping. */
const waitMs = 2000

/** ms of "10s" or "500ms". Throws a StartError. */
export function parseEvery(name: string, text: string | undefined): number {
  if (text === undefined) return everyMsDefault
  const [, amount, unit] = /^(\d{1,6})(ms|s|m)$/.exec(text) ?? []
  const ms = Number(amount) * (unit === 'ms' ? 1 : unit === 's' ? 1000 : 60_000)
  if (ms >= 100) return ms
  throw new StartError(`${name} "${text}" is no interval of at least 100ms. Give it like 10s, 500ms or 1m.`)
}

/** The controller of experiments with its timer, its log lines and its entries in the audit log. */
export function wireExperiments(ports: ExperimentPorts): WiredExperiments {
  const { store, catalogControl, clock, log, everyMs } = ports
  const controller = new ExperimentController({
    clock,
    catalogControl,
    reports: store.reports,
    settings: store.state,
    everyMs,
    changed: (made) => tell(made, ports),
    advised: (name, advice) => log.info({ experiment: name, advice }, 'experiment: new advice'),
    failed: (name, reason) => log.warn({ experiment: name, reason }, 'an experiment could not be evaluated'),
  })
  let timer: NodeJS.Timeout | undefined
  let known = namesIn(catalogControl)
  return {
    reads: {
      kept: (name, startedAt) => controller.kept(name, startedAt),
      fault: (name) => controller.facts().evaluations.get(name)?.fault,
    },
    facts: () => controller.facts(),
    notEvaluated: () =>
      [...controller.facts().evaluations].flatMap(([experiment, { fault }]) =>
        fault === undefined ? [] : [{ experiment, reason: fault }],
      ),
    note: (record) => controller.note(record),
    follow() {
      controller.follow()
      const names = namesIn(catalogControl)
      for (const name of known) if (!names.has(name)) forget(name, ports)
      known = names
    },
    prepare: () => atMost(controller.prepare()),
    begin() {
      void controller.turn()
      void sweep(ports)
      timer = setInterval(() => void controller.turn(), everyMs)
      timer.unref()
    },
    async close() {
      clearInterval(timer)
      await atMost(controller.close())
    },
  }
}

const atMost = (work: Promise<void>): Promise<void> =>
  Promise.race([work, setTimeout(waitMs, undefined, { ref: false })])

const namesIn = ({ current }: Pick<CatalogControl, 'current'>): ReadonlySet<string> =>
  new Set(Object.keys(current().state.experiments ?? {}))

/** In the log for whoever watches, in the audit log for good. */
function tell({ name, change, before, after, revision }: MadeChange, ports: ExperimentPorts): void {
  const { log, mask } = ports
  const told = experimentAudit(after)
  const verdict = doneText(change.action, told)
  log.info({ experiment: name, action: change.action, revision, verdict }, 'experiment: decided')
  const entry = {
    time: ports.clock.now(),
    keyId: controllerActor,
    consumer: controllerActor,
    address: undefined,
    operation: operationOf[change.action],
    target: auditTargetOf(name),
    outcome: 'done',
    code: undefined,
    before: auditText(experimentAudit(before), mask),
    after: auditText(told, mask),
  } as const
  ports.audit.append(entry).catch((thrown) => {
    log.warn(
      { experiment: name, reason: reasonOf(thrown) },
      'a decision on an experiment has no entry in the audit log',
    )
  })
}

/** Its name may be used again, for another: what is left of it must not count for that. */
function forget(name: string, { store, log }: ExperimentPorts): void {
  store.forgetExperiment(name).catch((thrown) => {
    log.warn(
      { experiment: name, reason: reasonOf(thrown) },
      'the evidence of an experiment that was removed is still there',
    )
  })
}

/** Another gateway may have begun it, of which this one has not heard. */
const sweepAfterMs = 86_400_000

/** What calls that were still going on left of experiments that had been forgotten. */
async function sweep({ store, catalogControl, clock, log }: ExperimentPorts): Promise<void> {
  try {
    for (const { experiment, startedAt } of await store.reports.runs()) {
      const known = catalogControl.current().state.experiments?.[experiment]?.progress.startedAt
      if (startedAt === undefined || startedAt === known || startedAt > clock.now() - sweepAfterMs) continue
      await store.forgetExperiment(experiment, startedAt)
    }
  } catch (thrown) {
    log.warn({ reason: reasonOf(thrown) }, 'evidence of experiments that were removed could not be looked for')
  }
}

const reasonOf = (thrown: unknown): string => operatorReason(toAstraError(thrown))
