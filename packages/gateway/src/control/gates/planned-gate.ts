import { contractName } from '../../kernel/contract-name.ts'
import type { PlannedGate } from '../operations/ports.ts'
import type { GateStanding } from './gate-keeper.ts'
import { requireText } from './gate-text.ts'

/** A gate as plans tell it. */
export function plannedGate({ model, major, version, gate, set, result }: GateStanding): PlannedGate {
  return {
    contract: contractName(model, major),
    version,
    data: gate.data,
    cases: Math.min(gate.cases ?? set.cases, set.cases),
    require: requireText(gate.require),
    ...(result?.passed ? { passed: { at: result.time, words: result.words } } : {}),
    ...(result && result.misses > 0 ? { missed: result.misses } : {}),
  }
}
