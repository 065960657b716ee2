import type { Caller } from '../../kernel/caller.ts'
import type { CatalogState } from '../../kernel/catalog-state.ts'
import { AstraError, type Violation } from '../../kernel/errors.ts'
import type { FeedbackMetric } from '../../kernel/experiment.ts'
import type { CallRecord, Feedback } from '../../kernel/record.ts'
import { didYouMean } from '../../kernel/schema/nearest.ts'
import { ownEntry } from '../manifest/own-entry.ts'

/** Whose call it was: its model as the caller named it, and its major, undefined for the default one. */
export type JudgedCall = Pick<CallRecord, 'consumer' | 'model' | 'major'>

type Declared = Readonly<Record<string, FeedbackMetric>>

/**
 * Throws `invalid_input` where the call's contract declares metrics and this is none of them, of another type or out of its bounds: an
 * experiment would never hear it, or hear too much; and `forbidden` where the speaker may not speak as that source. A contract that
 * declares none hears anything, as no experiment does, and so does one that is no more. Gives the metric as it is declared.
 */
export function assertDeclared(
  call: JudgedCall,
  { metric, value, source }: Pick<Feedback, 'metric' | 'value' | 'source'>,
  speaker: Pick<Caller, 'consumer' | 'permissions'>,
  state: CatalogState,
): FeedbackMetric | undefined {
  const model = ownEntry(state.models, call.model)
  const major = call.major ?? model?.defaultMajor ?? 0
  const declared: Declared = (model && ownEntry(model.contracts, major)?.metrics) ?? {}
  if (Object.keys(declared).length === 0) return undefined
  const contract = `${call.model}@v${major}`
  const meant = ownEntry(declared, metric)
  if (!meant) {
    throw undeclared(contract, declared, {
      path: '/metric',
      message: `is not declared by ${contract}: "${metric}"`,
      ...didYouMean(metric, Object.keys(declared)),
    })
  }
  if (typeof value !== meant.type) {
    throw undeclared(contract, declared, {
      path: '/value',
      message: `must be a ${meant.type}, as ${contract} declares ${metric}`,
    })
  }
  const { min = -Infinity, max = Infinity } = meant
  if (typeof value === 'number' && !(value >= min && value <= max)) {
    const message = `must lie within ${min} and ${max}, as ${contract} declares ${metric}`
    const violations = [{ path: '/value', message }]
    throw new AstraError('invalid_input', { detail: `value ${message}`, next: 'Send a value within them.', violations })
  }
  requireTrusted(meant, source, speaker, `${metric} of ${contract}`)
  return meant
}

/** Why no experiment counts it; undefined where those that ask for the metric do. */
export function notCounted(
  meant: FeedbackMetric | undefined,
  { metric, source }: Pick<Feedback, 'metric' | 'source'>,
): string | undefined {
  const heard = meant?.source
  if (heard === undefined || heard === source) return undefined
  return `Kept, but experiments do not count it: ${metric} is declared to hear only "source": "${heard}", and this came as "${source}"`
}

/** Whoever calls a model may say what its users say. What passes for the truth decides experiments, so its owner may say who tells it. */
function requireTrusted(
  { consumers }: FeedbackMetric,
  source: Feedback['source'],
  { consumer, permissions }: Pick<Caller, 'consumer' | 'permissions'>,
  what: string,
): void {
  if (source === 'user' || permissions.has('operate')) return
  if (consumers ? consumers.includes(consumer) : source !== 'judge') return
  throw new AstraError('forbidden', {
    detail: `Consumer ${consumer} may not judge ${what} as ${source}`,
    next: `Say source "user", use a key that may operate, or ask the owner to list ${consumer} under the metric's "consumers".`,
  })
}

const toldMax = 20

function undeclared(contract: string, declared: Declared, violation: Violation): AstraError {
  const all = Object.entries(declared).map(([name, { type }]) => `${name} (${type})`)
  const told = all.length > toldMax ? [...all.slice(0, toldMax), `${all.length - toldMax} more`] : all
  return new AstraError('invalid_input', {
    detail: `${violation.path.slice(1)} ${violation.message}`,
    next: `Judge by what ${contract} declares: ${told.join(', ')}. Its owner adds others under "metrics" in the manifest.`,
    violations: [violation],
  })
}
