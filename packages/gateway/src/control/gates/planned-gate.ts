import { contractName } from '../catalog/held-traffic.ts'
import type { PlannedGate } from '../operations/ports.ts'
import type { GateStanding } from './gate-keeper.ts'
import { requireText } from './gate-text.ts'

/** A gate as plans tell it. */
export function plannedGate({ model, major, version, gate, set, pass }: GateStanding): PlannedGate {
  return {
    contract: contractName(model, major),
    version,
    data: gate.data,
    cases: Math.min(gate.cases ?? set.cases, set.cases),
    require: requireText(gate.require),
    ...(pass ? { passed: { at: pass.time, words: pass.words } } : {}),
  }
}
