import type { CatalogState, ContractState, VersionState } from '../../kernel/catalog-state.ts'
import { contractName } from '../../kernel/contract-name.ts'
import type { Shadow } from '../../kernel/contract-policies.ts'
import { AstraError } from '../../kernel/errors.ts'
import { childPath } from '../../kernel/schema/facets.ts'
import { callerFaults, ruleOut, steeringFaults } from '../manifest/traffic-rules.ts'
import type { TrafficChange, TrafficSet } from '../operations/ports.ts'
import { deployedContract, deployedVersion, withContract } from './deployed.ts'
import { type Holder, holdersOf } from './held-traffic.ts'

/** The state with a contract's calls split so, and what it keeps of that: weights above 0. What the change leaves out stays. */
export function withTraffic(
  state: CatalogState,
  name: string,
  major: number,
  change: TrafficChange,
): { readonly state: CatalogState; readonly traffic: Omit<TrafficSet, 'revision'> } {
  const before = deployedContract(state, name, major)
  const holder = holdersOf(state).get(contractName(name, major))
  if (change.weights && holder) throw held(name, major, holder)
  const versionOf = (id: string) => deployedVersion(before, `${name}@v${major}`, id)
  for (const [id, weight] of Object.entries(change.weights ?? {})) checkWeight(versionOf(id), name, major, id, weight)
  const weights = Object.fromEntries(
    Object.entries(change.weights ?? before.weights).filter(([, weight]) => weight > 0),
  )
  if (change.weights && Object.keys(weights).length === 0)
    throw invalid('/weights', 'must give some version a weight above 0')
  const fallback = [...new Set(change.fallback ?? before.fallback)]
  for (const id of fallback) if (versionOf(id).retired) throw retired(name, major, id)
  const { fallback: _, hedge: hedged, rules: ruled, shadow: shadowed, ...contract } = before
  checkSteering(state, before, change)
  const asked = change.hedge ?? hedged
  const hedge = asked && asked.share > 0 ? { hedge: asked } : {}
  const [first, ...others] = change.rules ?? ruled ?? []
  const rules = first ? { rules: [first, ...others] } : {}
  const shadow = shadowOf(change.shadow, shadowed)
  const next: ContractState = {
    ...{ ...contract, weights, ...hedge, ...rules, ...shadow },
    ...(fallback.length > 0 ? { fallback } : {}),
  }
  const traffic = { weights, fallback, ...hedge, ...rules, ...shadow }
  return { state: withContract(state, name, major, next), traffic }
}

function shadowOf(asked: Shadow | undefined, before: Shadow | undefined): { readonly shadow?: Shadow } {
  const shadow = asked ?? before
  if (!shadow || shadow.share === 0) return {}
  const { compare = before?.compare, ...copied } = shadow
  return { shadow: compare && Object.keys(compare).length > 0 ? { ...copied, compare } : copied }
}

/** What a manifest that said so would be refused for. */
function checkSteering(
  { consumers, teams = {} }: CatalogState,
  { versions }: ContractState,
  { rules, shadow }: TrafficChange,
): void {
  const faultAt = (place: readonly string[], message: string, suggestion?: string) => {
    return { path: place.reduce(childPath, ''), message, ...(suggestion === undefined ? {} : { suggestion }) }
  }
  const asked = shadow && shadow.share > 0 ? { shadow } : {}
  const known = { consumers: Object.keys(consumers), teams: Object.keys(teams) }
  const violations = [
    ...steeringFaults({ rules: rules ?? [], ...asked }, versions, [], faultAt),
    ...callerFaults((rules ?? []).map(ruleOut), known, [], faultAt),
  ]
  if (violations.length > 0) throw new AstraError('invalid_input', { violations })
}

function checkWeight(version: VersionState, name: string, major: number, id: string, weight: number): void {
  if (!Number.isFinite(weight) || weight < 0) {
    throw invalid(childPath('/weights', id), 'must be a number of at least 0')
  }
  if (version.retired && weight > 0) throw retired(name, major, id)
}

function held(model: string, major: number, { name }: Holder): AstraError {
  return new AstraError('conflict', {
    detail: `The experiment "${name}" holds the traffic of ${contractName(model, major)}: its weights follow from it`,
    next: `Wait for its end, or stop it first: astraapi experiments stop ${name}`,
  })
}

function retired(name: string, major: number, id: string): AstraError {
  return new AstraError('version_retired', { detail: `Version ${id} of ${name}@v${major} was retired` })
}

function invalid(path: string, message: string): AstraError {
  return new AstraError('invalid_input', { violations: [{ path, message }] })
}
