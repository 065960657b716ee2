import type { Violation } from '../../kernel/errors.ts'
import { didYouMean } from '../../kernel/schema/nearest.ts'
import type { FaultAt, ManifestContract, Place } from './manifest.ts'
import { compareVersions } from './names.ts'
import { ownEntry } from './own-entry.ts'
import { isTimeout, timeoutWords } from './quantities.ts'
import { steeringFaults } from './traffic-rules.ts'

/** What the form cannot say of how a contract's calls are split: versions that are none or retired, and what has no effect. */
export function trafficFaults(contract: ManifestContract, place: Place, faultAt: FaultAt): Violation[] {
  const at = [...place, 'traffic']
  return [
    ...weightFaults(contract, [...at, 'weights'], faultAt),
    ...fallbackFaults(contract, [...at, 'fallback'], faultAt),
    ...hedgeFaults(contract, [...at, 'hedge'], faultAt),
    ...steeringFaults(contract.traffic ?? {}, contract.versions, at, faultAt),
  ]
}

function weightFaults({ versions, traffic = {} }: ManifestContract, at: Place, faultAt: FaultAt): Violation[] {
  const { weights } = traffic
  if (!weights) return []
  const faults = Object.entries(weights).flatMap(([id, weight]) => {
    const version = ownEntry(versions, id)
    if (!version) return [unknownVersion(id, Object.keys(versions), [...at, id], faultAt)]
    if (weight === 0 || !version.retired) return []
    return [faultAt([...at, id], 'was retired and can have no traffic', 'Give it the weight 0, or leave it out.')]
  })
  if (Object.values(weights).some((weight) => weight > 0)) return faults
  return [...faults, faultAt(at, 'must give at least one version a weight above 0')]
}

function fallbackFaults({ versions, traffic = {} }: ManifestContract, at: Place, faultAt: FaultAt): Violation[] {
  const { fallback = [] } = traffic
  const candidates = fallbackCandidates(versions, traffic.weights)
  return fallback.flatMap((id, i) => {
    const place = [...at, String(i)]
    const version = ownEntry(versions, id)
    if (!version) return [unknownVersion(id, candidates, place, faultAt)]
    if (version.retired) return [faultAt(place, 'was retired and takes no calls', 'Leave it out.')]
    return fallback.indexOf(id) === i ? [] : [faultAt(place, `stands in the list twice: "${id}"`)]
  })
}

function hedgeFaults({ traffic = {} }: ManifestContract, at: Place, faultAt: FaultAt): Violation[] {
  const { hedge } = traffic
  return !hedge || isTimeout(hedge.after) ? [] : [faultAt([...at, 'after'], timeoutWords)]
}

/** Live versions other than the one that has all the traffic: to fall back on that one has no effect. */
function fallbackCandidates(
  versions: ManifestContract['versions'],
  weights: Readonly<Record<string, number>> | undefined,
): readonly string[] {
  const live = Object.keys(versions).filter((id) => !versions[id]?.retired)
  const highest = live.toSorted(compareVersions).slice(-1)
  const used = weights ? Object.keys(weights).filter((id) => weights[id] !== 0) : highest
  return used.length > 1 ? live : live.filter((id) => !used.includes(id))
}

function unknownVersion(id: string, known: readonly string[], place: Place, faultAt: FaultAt): Violation {
  const { suggestion } = didYouMean(id, known)
  return faultAt(place, 'is no version of this contract', suggestion)
}
