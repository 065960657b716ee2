import type { CaseSet } from '../../kernel/case-set.ts'
import { didYouMean } from '../../kernel/schema/nearest.ts'
import { setName } from '../manifest/gates.ts'
import type { DraftContract } from './plan-contract.ts'
import type { Report } from './report.ts'

/** Measures that need the truth. */
const ofTruth = ['accuracy', 'absolute-error']

/** Gates on sets that are not kept, or that cannot tell what is required. */
export function checkGates(
  contracts: readonly DraftContract[],
  sets: ReadonlyMap<string, CaseSet>,
  report: Report,
): void {
  for (const { place, contract } of contracts) {
    for (const [i, { data, require }] of (contract.gates ?? []).entries()) {
      const at = [...place, 'gates', String(i)]
      const set = sets.get(setName(data))
      if (!set) {
        report('invalid_manifest', [...at, 'data'], unknown(data), adviceOn(data, sets))
        continue
      }
      const blind = ofTruth.find((measure) => Object.hasOwn(require, measure))
      if (blind === undefined || set.expected > 0) continue
      const message = `cannot be told: no case of ${data} has "expected"`
      report('invalid_manifest', [...at, 'require', blind], message, 'Add what is right to its cases, or leave it out.')
    }
  }
}

function unknown(data: string): string {
  return data.endsWith('.jsonl')
    ? 'is neither a file beside the manifest nor a set that is kept'
    : 'is no set that is kept'
}

function adviceOn(data: string, sets: ReadonlyMap<string, CaseSet>): string {
  const { suggestion = `Put it first: astraapi sets put ${setName(data)} FILE.jsonl` } = didYouMean(data, sets.keys())
  return suggestion
}
