import type { Violation } from '../../kernel/errors.ts'
import { pathKeys } from '../../kernel/schema/facets.ts'
import { didYouMean } from '../../kernel/schema/nearest.ts'
import type { Schema } from '../../kernel/schema/schema.ts'
import { schemaFaults } from '../../kernel/schema/subset.ts'
import { taskTable } from '../../kernel/tasks.ts'
import { cacheFaults } from './cache-policy.ts'
import { captureFaults } from './capture.ts'
import { trafficFaults } from './check-traffic.ts'
import { usualStreams } from './defaults.ts'
import { driftFaults } from './drift.ts'
import { metricFaults } from './feedback-metrics.ts'
import { gateFaults } from './gates.ts'
import type { FaultAt, ManifestContract, Place } from './manifest.ts'
import { versionPattern } from './names.ts'
import { ownerLimitFaults } from './owner-limits.ts'
import { bodyBytesMax, isTimeout, parseSize, timeoutWords } from './quantities.ts'
import { replicaFault } from './replica-address.ts'

type Check = (contract: ManifestContract, place: Place, faultAt: FaultAt) => readonly Violation[]

/** What the form cannot say of one contract. */
export const contractFaults: Check = (contract, place, faultAt) =>
  checks.flatMap((check) => check(contract, place, faultAt))

const checks: readonly Check[] = [
  fieldFaults,
  schemasFaults,
  streamFaults,
  labelFaults,
  limitFaults,
  dateFaults,
  versionFaults,
  trafficFaults,
  cacheFaults,
  captureFaults,
  metricFaults,
  gateFaults,
  driftFaults,
]

const schemaFields = ['input', 'output', 'chunk'] as const

function fieldFaults(contract: ManifestContract, place: Place, faultAt: FaultAt): Violation[] {
  const task = contract.task ?? 'custom'
  const { takes } = taskTable[task]
  const faults = [...schemaFields, 'labels', 'dimensions'].flatMap((field) => {
    if (!Object.hasOwn(contract, field) || (takes as readonly string[]).includes(field)) return []
    const why = task === 'custom' ? 'needs a task that uses it' : `is settled by the task ${task}`
    return [faultAt([...place, field], why, 'Leave it out.')]
  })
  const half = (contract.input === undefined) !== (contract.output === undefined)
  if (task !== 'custom' || !half) return faults
  const message =
    'needs both "input" and "output", or neither: then both are read from the tensors of the first version'
  return [...faults, faultAt(place, message)]
}

function schemasFaults(contract: ManifestContract, place: Place, faultAt: FaultAt): Violation[] {
  const inOne = (schemas: Partial<Record<(typeof schemaFields)[number], Schema>>, at: Place) =>
    schemaFields.flatMap((field) =>
      (schemas[field] === undefined ? [] : schemaFaults(schemas[field], '')).map(({ path, message, suggestion }) =>
        faultAt([...at, field, ...pathKeys(path)], message, suggestion),
      ),
    )
  const earlier = contract.earlier ?? []
  return [...inOne(contract, place), ...earlier.flatMap((one, i) => inOne(one, [...place, 'earlier', String(i)]))]
}

function streamFaults(
  { task = 'custom', streams = usualStreams(task), chunk }: ManifestContract,
  place: Place,
  faultAt: FaultAt,
): Violation[] {
  if (chunk !== undefined && !streams) return [faultAt([...place, 'chunk'], 'has no use without "streams: true"')]
  if (!streams || chunk !== undefined || taskTable[task].chunk) return []
  const at = [...place, 'streams']
  if (task !== 'custom') return [faultAt(at, `has no use: the task ${task} answers at once`, 'Leave it out.')]
  return [faultAt(at, 'needs a "chunk" schema: the form of one piece of the stream')]
}

function labelFaults({ labels = [] }: ManifestContract, place: Place, faultAt: FaultAt): Violation[] {
  const seen = new Set<string>()
  return labels.flatMap((label, i) => {
    if (!seen.has(label)) {
      seen.add(label)
      return []
    }
    return [faultAt([...place, 'labels', String(i)], `stands in the list twice: "${label}"`)]
  })
}

function limitFaults({ limits = {} }: ManifestContract, place: Place, faultAt: FaultAt): Violation[] {
  const { body } = limits
  const faults: Violation[] = []
  if (typeof body === 'string' && (parseSize(body) ?? Number.POSITIVE_INFINITY) > bodyBytesMax) {
    faults.push(faultAt([...place, 'limits', 'body'], 'must be a size such as 64KiB or 10MiB, at most 1GiB'))
  }
  for (const field of ['timeout', 'firstByte', 'idle'] as const) {
    const text = limits[field]
    if (text !== undefined && !isTimeout(text)) faults.push(faultAt([...place, 'limits', field], timeoutWords))
  }
  return faults
}

/** ISO dates sort as text. RFC 9745, section 4: the sunset must not come before the deprecation. */
function dateFaults({ deprecated }: ManifestContract, place: Place, faultAt: FaultAt): Violation[] {
  const { since, sunset } = deprecated ?? {}
  if (since === undefined || sunset === undefined || since <= sunset) return []
  return [faultAt([...place, 'deprecated', 'sunset'], `must not come before "since", ${since}`)]
}

function versionFaults({ versions }: ManifestContract, place: Place, faultAt: FaultAt): Violation[] {
  return Object.entries(versions).flatMap(([id, { retired, replicas = [], limits = {} }]) => {
    const at = [...place, 'versions', id]
    const faults = replicas.flatMap((address, i) => {
      const fault = replicaFault(address)
      return fault ? [faultAt([...at, 'replicas', String(i)], fault.message, fault.suggestion)] : []
    })
    if (!versionPattern.test(id)) {
      faults.push(faultAt(at, 'must be letters, digits, dots, hyphens and underscores, at most 64'))
    }
    faults.push(...ownerLimitFaults(limits, [...at, 'limits'], faultAt))
    const successor = retired?.successor
    const others = Object.keys(versions).filter((other) => other !== id && !versions[other]?.retired)
    if (successor !== undefined && !others.includes(successor)) {
      const { suggestion } = didYouMean(successor, others)
      faults.push(faultAt([...at, 'retired', 'successor'], 'names no live version of this contract', suggestion))
    }
    return faults
  })
}
