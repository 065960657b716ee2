import type { Violation } from '../../kernel/errors.ts'
import { didYouMean } from '../../kernel/schema/nearest.ts'
import type { FaultAt, ManifestContract, Place } from './manifest.ts'
import { ownEntry } from './own-entry.ts'
import { isTimeout, timeoutWords } from './quantities.ts'

/** What the form cannot say of how a contract's calls are split: versions that are none or retired, and what has no effect. */
export function trafficFaults(contract: ManifestContract, place: Place, faultAt: FaultAt): Violation[] {
  const at = [...place, 'traffic']
  return [
    ...weightFaults(contract, [...at, 'weights'], faultAt),
    ...fallbackFaults(contract, [...at, 'fallback'], faultAt),
    ...hedgeFaults(contract, [...at, 'hedge'], faultAt),
  ]
}

function weightFaults({ versions, traffic = {} }: ManifestContract, at: Place, faultAt: FaultAt): Violation[] {
  const { weights } = traffic
  if (!weights) return []
  const faults = Object.entries(weights).flatMap(([id, weight]) => {
    const version = ownEntry(versions, id)
    if (!version) return [unknownVersion(versions, id, [...at, id], faultAt)]
    if (weight === 0 || !version.retired) return []
    return [faultAt([...at, id], 'was retired and can have no traffic', 'Give it the weight 0, or leave it out.')]
  })
  if (Object.values(weights).some((weight) => weight > 0)) return faults
  return [...faults, faultAt(at, 'must give at least one version a weight above 0')]
}

function fallbackFaults({ versions, traffic = {} }: ManifestContract, at: Place, faultAt: FaultAt): Violation[] {
  const { fallback = [] } = traffic
  return fallback.flatMap((id, i) => {
    const place = [...at, String(i)]
    const version = ownEntry(versions, id)
    if (!version) return [unknownVersion(versions, id, place, faultAt)]
    if (version.retired) return [faultAt(place, 'was retired and takes no calls', 'Leave it out.')]
    return fallback.indexOf(id) === i ? [] : [faultAt(place, `stands in the list twice: "${id}"`)]
  })
}

function hedgeFaults({ traffic = {} }: ManifestContract, at: Place, faultAt: FaultAt): Violation[] {
  const { hedge } = traffic
  return !hedge || isTimeout(hedge.after) ? [] : [faultAt([...at, 'after'], timeoutWords)]
}

function unknownVersion(versions: ManifestContract['versions'], id: string, place: Place, faultAt: FaultAt): Violation {
  const { suggestion } = didYouMean(id, Object.keys(versions))
  return faultAt(place, 'is no version of this contract', suggestion)
}
