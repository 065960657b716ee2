import type { ContractLimits, ContractRevision, ContractState, VersionState } from '../../kernel/catalog-state.ts'
import { explain } from '../../kernel/schema/explain.ts'
import { pathKeys } from '../../kernel/schema/facets.ts'
import { cachePolicyOf } from '../manifest/cache-policy.ts'
import { capturePolicyOf } from '../manifest/capture.ts'
import { usualLimits, usualStreams } from '../manifest/defaults.ts'
import { driftPolicyOf } from '../manifest/drift.ts'
import { metricOf } from '../manifest/feedback-metrics.ts'
import { gateOf } from '../manifest/gates.ts'
import type { ManifestContract, Place } from '../manifest/manifest.ts'
import { parseDuration, parseSize } from '../manifest/quantities.ts'
import { ruleOf } from '../manifest/traffic-rules.ts'
import { withoutUndefined } from '../operations/without-undefined.ts'
import { type DraftVersion, digestKey } from './draft-version.ts'
import type { Inspected } from './inspect-versions.ts'
import { planRevisions } from './plan-revisions.ts'
import type { Report } from './report.ts'
import { type Seal, sealVersion } from './seal-version.ts'
import { revisionFor } from './sign-revisions.ts'

/** A contract of the manifest, its versions with their defaults. */
export interface DraftContract {
  readonly model: string
  readonly major: number
  readonly place: Place
  readonly contract: ManifestContract
  /** The contract as it is deployed now. */
  readonly known: ContractState | undefined
  readonly versions: readonly DraftVersion[]
}

export interface PlanContractContext {
  readonly inspected: ReadonlyMap<DraftVersion, Inspected>
  /** Of every version ever applied; new ones are added. */
  readonly digests: Record<string, string>
  readonly report: Report
  /** What its versions get, parts above 0. */
  readonly weightsOf: (draft: DraftContract) => ContractState['weights']
  readonly judgesOf: (draft: DraftContract) => ContractState['judges']
}

/** The contract's next state; undefined when it has faults, which are reported. */
export function planContract(draft: DraftContract, context: PlanContractContext): ContractState | undefined {
  const { inspected, digests } = context
  let sound = true
  const report: Report = (...fault) => {
    sound = false
    context.report(...fault)
  }
  const sealed = draft.versions.flatMap((version) => {
    const seal = sealVersion(version, inspected.get(version), digests, report)
    return seal ? [{ version, seal }] : []
  })
  if (!sound) return undefined
  const reports = draft.versions.flatMap((version) => {
    const result = inspected.get(version)
    const tensors = result && 'inspection' in result ? result.inspection.tensors : undefined
    return tensors ? [{ version, tensors }] : []
  })
  const revisions = planRevisions(draft, reports, report)
  if (!revisions) return undefined
  checkStreams(draft, revisions, report)
  checkSettings(draft, revisions, report)
  checkExamples(draft, revisions, report)
  if (!sound) return undefined

  for (const { version, seal } of sealed) if (!version.retired) digests[digestKey(version)] = seal.digest
  const {
    task = 'custom',
    description,
    streams = usualStreams(task),
    examples = [],
    deprecated,
    cache,
    capture,
    metrics,
    gates,
    drift,
  } = draft.contract
  const judges = context.judgesOf(draft)
  const versions = sealed.map(({ version, seal }) => [version.id, versionState(version, seal, revisions.length)])
  return {
    task,
    ...(description === undefined ? {} : { description }),
    streams,
    revisions,
    examples,
    limits: limitsOf(draft.contract),
    ...(deprecated ? { deprecated } : {}),
    versions: Object.fromEntries(versions),
    weights: context.weightsOf(draft),
    ...trafficOf(draft),
    ...(cache ? { cache: cachePolicyOf(cache) } : {}),
    ...(capture ? { capture: capturePolicyOf(capture) } : {}),
    ...(metrics ? { metrics: mapped(metrics, metricOf) } : {}),
    ...(gates ? { gates: gates.map(gateOf) } : {}),
    ...(judges ? { judges } : {}),
    ...(drift ? { drift: driftPolicyOf(drift) } : {}),
  }
}

function checkStreams({ versions }: DraftContract, revisions: readonly ContractRevision[], report: Report): void {
  for (const version of versions) {
    const { place, retired, backend } = version
    const { chunk } = revisions[revisionFor(version, revisions.length) - 1] ?? {}
    if (retired || !chunk || backend.stream) continue
    const message = `cannot stream, and the contract streams: the backend ${backend.name} answers at once`
    report('invalid_manifest', [...place, 'backend'], message, 'Set "streams: false" in the contract.')
  }
}

/** What a backend can tell only when it knows the contract. */
function checkSettings(
  { versions, contract }: DraftContract,
  revisions: readonly ContractRevision[],
  report: Report,
): void {
  for (const version of versions) {
    const { place, retired, backend, settings } = version
    const revision = revisions[revisionFor(version, revisions.length) - 1]
    if (retired || !revision) continue
    const misfits = backend.misfits?.(settings, revision, contract.task ?? 'custom') ?? []
    for (const { path, message, suggestion } of misfits) {
      report('invalid_manifest', [...place, ...pathKeys(path)], message, suggestion)
    }
  }
}

/** They are shown to callers, who will send them. */
function checkExamples(
  { contract, place }: DraftContract,
  revisions: readonly ContractRevision[],
  report: Report,
): void {
  const latest = revisions.at(-1)
  if (!latest) return
  for (const [i, example] of (contract.examples ?? []).entries()) {
    for (const side of ['input', 'output'] as const) {
      if (example[side] === undefined) continue
      for (const { path, message, suggestion } of explain(latest[side], example[side], '')) {
        report('invalid_manifest', [...place, 'examples', String(i), side, ...pathKeys(path)], message, suggestion)
      }
    }
  }
}

function versionState(version: DraftVersion, seal: Seal, revisionCount: number): VersionState {
  const { backend, settings, replicas, retired, limits } = version
  const revision = revisionFor(version, revisionCount)
  return {
    ...{ revision, backend: backend.name, settings, replicas, ...seal },
    ...(retired ? { retired } : {}),
    ...(limits ? { limits } : {}),
  }
}

function limitsOf({ task = 'custom', limits = {} }: ManifestContract): ContractLimits {
  const { body, items, timeout, firstByte, idle, inFlight, queue, outputTokens, whenUnavailable } = limits
  const usual = usualLimits(task)
  const ms = (text: string | undefined) => (text === undefined ? undefined : parseDuration(text))
  return withoutUndefined({
    bodyBytesMax: (typeof body === 'string' ? parseSize(body) : body) ?? usual.bodyBytesMax,
    itemsMax: items ?? usual.itemsMax,
    timeoutMs: ms(timeout) ?? usual.timeoutMs,
    firstByteMs: ms(firstByte) ?? usual.firstByteMs,
    idleMs: ms(idle) ?? usual.idleMs,
    inFlightMax: inFlight ?? usual.inFlightMax,
    queueMax: queue,
    outputTokensMax: outputTokens,
    whenUnavailable,
  })
}

function trafficOf(draft: DraftContract): Pick<ContractState, 'fallback' | 'hedge' | 'rules' | 'shadow'> {
  const { fallback = [], hedge, rules, shadow } = draft.contract.traffic ?? {}
  const afterMs = hedge && parseDuration(hedge.after)
  return {
    ...(fallback.length > 0 ? { fallback } : {}),
    ...(hedge && afterMs !== undefined ? { hedge: { afterMs, share: hedge.share } } : {}),
    ...(rules ? { rules: rules.map(ruleOf) } : {}),
    ...(shadow ? { shadow } : {}),
  }
}

function mapped<A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]))
}
