import type { Contract, Model, Version } from '../../kernel/catalog.ts'
import { AstraError } from '../../kernel/errors.ts'
import type { Enrolment } from '../../kernel/experiment.ts'
import type { AssignReason } from '../../kernel/record.ts'
import { nearest } from '../../kernel/schema/nearest.ts'
import { callInterval, unitInterval } from '../../kernel/unit-interval.ts'
import type { AdmittedCall } from '../admit/permit.ts'
import { applyRules } from './apply-rules.ts'
import { enrol } from './enrol.ts'
import { stickyKey } from './sticky-key.ts'

/** An admitted call with its Version. Only `assign` makes one. */
export interface AssignedCall extends AdmittedCall {
  readonly contract: Contract
  readonly version: Version
  readonly reason: AssignReason
  /** Probability of this version under the weights in force; in an experiment, of this arm for those who take part. */
  readonly propensity: number
  /** Of a call whose unit takes part in a running experiment. What is pinned or sent by a rule never does, whatever its unit. */
  readonly enrolment?: Enrolled
}

/** As its Record will tell it. `cached`: a cache may answer such calls. */
export type Enrolled = Omit<Enrolment, 'unit'> & { readonly cached: boolean }

/**
 * Which Version? The pin, else the first rule that holds, else an experiment's arm, else the weights: sticky on the unit, else on the
 * session, else by the call's own id. `unitSalt`: a secret, for experiments.
 */
export function assign(admitted: AdmittedCall, unitSalt = ''): AssignedCall {
  const { call, model } = admitted
  const contract = contractOf(model, call.major)
  const pin = call.options.version
  if (pin !== undefined) return { ...admitted, contract, version: pinned(contract, pin), reason: 'pin', propensity: 1 }
  const { split, rules, experiment } = contract
  const ruled = rules && applyRules(rules, admitted)
  if (ruled) return { ...admitted, contract, version: ruled, reason: 'rule', propensity: 1 }
  if (experiment) return enrol(admitted, contract, experiment, unitSalt)
  const [only] = split
  if (!only) {
    throw new AstraError('no_traffic', {
      detail: `No version of ${model.name}@v${contract.major} has traffic`,
      next: `Ask its owner to give a version traffic: ${model.owner}.`,
    })
  }
  if (split.length === 1) return { ...admitted, contract, version: only.version, reason: 'only', propensity: 1 }
  const [key, reason] = stickyKey(call)
  const at = reason === 'weights-call' ? callInterval(key) : unitInterval(`${model.name}@v${contract.major}`, key)
  const share = split.find(({ upTo }) => at < upTo) ?? only
  return { ...admitted, contract, version: share.version, reason, propensity: share.share }
}

/** Throws `unknown_major`. */
export function contractOf(model: Model, major: number | undefined): Contract {
  const contract = model.contracts.get(major ?? model.defaultMajor)
  if (contract) return contract
  const majors = [...model.contracts.keys()].map((known) => `v${known}`).join(', ')
  throw new AstraError('unknown_major', { detail: `${model.name} has no v${major}; it has ${majors}` })
}

/** Throws `unknown_version` or `version_retired`. */
export function pinned(contract: Contract, pin: string): Version {
  const version = contract.versions.get(pin)
  const name = `${contract.model}@v${contract.major}`
  if (!version) {
    const known = [...contract.versions.values()].filter(({ state }) => !state.retired).map(({ id }) => id)
    const meant = nearest(pin, known)
    throw new AstraError('unknown_version', {
      detail: `${name} has no version "${pin}"`,
      next: meant ? `Did you mean "${meant}"?` : `Its versions: ${known.slice(0, 20).join(', ')}.`,
    })
  }
  if (version.state.retired) {
    const { successor } = version.state.retired
    throw new AstraError('version_retired', {
      detail: `Version ${pin} of ${name} was retired`,
      next: successor ? `Its successor is "${successor}"; better, leave the version out.` : 'Leave the version out.',
    })
  }
  return version
}
