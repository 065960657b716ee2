import { type Contract, versionKey } from '../../../kernel/catalog.ts'
import type { Judge } from '../../../kernel/contract-policies.ts'
import type { JudgeSubject } from '../../../kernel/judge.ts'
import type { Observable } from '../../../kernel/observation.ts'
import { unitInterval } from '../../../kernel/unit-interval.ts'

/**
 * The judges that the call is a case for: by its id, so that it is the same ones whoever looks, every version's at the same rate, and those
 * of a smaller share stay in a larger one. A pinned call is a test of its version, and no traffic.
 */
export function sampled({ call, contract }: Observable): readonly (readonly [metric: string, judge: Judge])[] {
  const { judges, model, major } = contract
  if (!judges || call.options.version !== undefined) return []
  return Object.entries(judges).filter(
    ([metric, { share }]) => share >= 1 || unitInterval(`${model}@v${major}/judge/${metric}`, call.id) < share,
  )
}

export function subjectOf({ model, major }: Contract, metric: string, judge: Judge, version: string): JudgeSubject {
  return { model, major, metric, version, judge: versionKey(judge.model, judge.major, judge.version) }
}
