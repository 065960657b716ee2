import type { Contract } from '../../kernel/catalog.ts'
import { unitInterval } from '../../kernel/unit-interval.ts'
import type { AdmittedCall } from '../admit/permit.ts'
import type { AssignedCall } from './assign.ts'
import { stickyKey } from './sticky-key.ts'

/**
 * Which version a contract's experiment gives a call. Two salts, `enrol` and `variant`, so that who takes part says nothing of the arm.
 * Both hold the experiment's name, so that two experiments are independent, and neither coverage nor epoch, so that a unit which takes
 * part stays, and stays in its arm, while coverage grows. Both begin with a secret: who could compute them could make up units that all
 * meet one arm.
 */
export function enrol(
  admitted: AdmittedCall,
  contract: Contract,
  experiment: NonNullable<Contract['experiment']>,
  unitSalt: string,
): AssignedCall {
  const { name, startedAt, epoch, coverage, paused, cached, attributionMs, control } = experiment
  // What the gateway asks on its own account is no evidence.
  if (admitted.call.role !== undefined)
    return { ...admitted, contract, version: control, reason: 'not-enrolled', propensity: 1 }
  const [key] = stickyKey(admitted.call)
  if (coverage < 1 && unitInterval(`${unitSalt}\0${name}\0enrol`, key) >= coverage)
    return { ...admitted, contract, version: control, reason: 'not-enrolled', propensity: 1 }
  const at = unitInterval(`${unitSalt}\0${name}\0variant`, key)
  const found = contract.split.find(({ upTo }) => at < upTo)
  if (!found || found.left) return { ...admitted, contract, version: control, reason: 'not-enrolled', propensity: 1 }
  const { version, share } = found
  const assigned = { ...admitted, contract, version, reason: 'experiment', propensity: share } as const
  // While it is paused units keep their arms, and nothing that they do is evidence. The circuit knows them by their reason.
  if (paused) return assigned
  const began = startedAt === undefined ? {} : { startedAt }
  return { ...assigned, enrolment: { experiment: name, ...began, epoch, arm: version.id, attributionMs, cached } }
}
