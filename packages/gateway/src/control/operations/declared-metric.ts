import type { CatalogState } from '../../kernel/catalog.ts'
import { AstraError, type Violation } from '../../kernel/errors.ts'
import type { FeedbackMetric } from '../../kernel/experiment.ts'
import type { CallRecord, Feedback } from '../../kernel/record.ts'
import { didYouMean } from '../../kernel/schema/nearest.ts'
import { ownEntry } from '../manifest/own-entry.ts'

/** Whose call it was: its model as the caller named it, and its major, undefined for the default one. */
export type JudgedCall = Pick<CallRecord, 'consumer' | 'model' | 'major'>

type Declared = Readonly<Record<string, FeedbackMetric>>

/**
 * Throws `invalid_input` where the call's contract declares metrics and this is none of them, or of another type: an experiment would
 * never hear it. A contract that declares none hears anything, and so does one that is no more.
 */
export function assertDeclared(
  call: JudgedCall,
  { metric, value }: Pick<Feedback, 'metric' | 'value'>,
  state: CatalogState,
) {
  const model = ownEntry(state.models, call.model)
  const major = call.major ?? model?.defaultMajor ?? 0
  const declared: Declared = (model && ownEntry(model.contracts, major)?.metrics) ?? {}
  if (Object.keys(declared).length === 0) return
  const contract = `${call.model}@v${major}`
  const meant = ownEntry(declared, metric)
  if (!meant) {
    throw undeclared(contract, declared, {
      path: '/metric',
      message: `is not declared by ${contract}: "${metric}"`,
      ...didYouMean(metric, Object.keys(declared)),
    })
  }
  if (typeof value === meant.type) return
  throw undeclared(contract, declared, {
    path: '/value',
    message: `must be a ${meant.type}, as ${contract} declares ${metric}`,
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
