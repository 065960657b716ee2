import type { Violation } from '../../kernel/errors.ts'
import { pathKeys } from '../../kernel/schema/facets.ts'
import { didYouMean } from '../../kernel/schema/nearest.ts'
import { schemaFaults } from '../../kernel/schema/subset.ts'
import { taskTable } from '../../kernel/tasks.ts'
import type { FaultAt, Manifest, ManifestContract, ManifestModel, ManifestVersion, Place } from './manifest.ts'
import { isName, majorPattern, nameWords, versionPattern } from './names.ts'
import { parseDuration, parseSize } from './quantities.ts'
import { replicaFault } from './replica-address.ts'

/** What the form cannot say: names, references, units, and which fields go together. */
export function semanticFaults(manifest: Manifest, faultAt: FaultAt): Violation[] {
  return [
    ...Object.entries(manifest.models).flatMap(([name, model]) => modelFaults(name, model, faultAt)),
    ...collisions(Object.keys(manifest.models), faultAt),
    ...Object.keys(manifest.consumers).flatMap((name) => consumerFaults(name, faultAt)),
  ]
}

function consumerFaults(name: string, faultAt: FaultAt): Violation[] {
  if (name === 'admin') return [faultAt(['consumers', name], 'is taken: it owns the admin key')]
  return isName(name) ? [] : [faultAt(['consumers', name], nameWords)]
}

/** GraphQL camel-cases names: "a-1" and "a1" would be one field. */
function collisions(names: readonly string[], faultAt: FaultAt): Violation[] {
  const seen = new Map<string, string>()
  return names.flatMap((name) => {
    const bare = name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
    const other = seen.get(bare)
    seen.set(bare, name)
    return other === undefined
      ? []
      : [faultAt(['models', name], `has the same name in GraphQL (${bare}) as "${other}"`, 'Rename one of them.')]
  })
}

function modelFaults(name: string, model: ManifestModel, faultAt: FaultAt): Violation[] {
  const place = ['models', name]
  const majors = Object.keys(model.contracts)
  const faults: Violation[] = []
  if (!isName(name)) faults.push(faultAt(place, nameWords))
  if (model.default !== undefined && !majors.includes(model.default)) {
    const { suggestion } = didYouMean(model.default, majors)
    faults.push(faultAt([...place, 'default'], `names no contract of this model (${majors.join(', ')})`, suggestion))
  }
  for (const [major, contract] of Object.entries(model.contracts)) {
    const at = [...place, 'contracts', major]
    if (!majorPattern.test(major)) faults.push(faultAt(at, 'must be a major version such as v1'))
    faults.push(...contractFaults(contract, at, faultAt))
  }
  return faults
}

function contractFaults(contract: ManifestContract, place: Place, faultAt: FaultAt): Violation[] {
  return [
    ...taskFaults(contract, place, faultAt),
    ...limitFaults(contract, place, faultAt),
    ...dateFaults(contract, place, faultAt),
    ...versionFaults(contract, place, faultAt),
    ...trafficFaults(contract, place, faultAt),
  ]
}

const taskFields = ['input', 'output', 'chunk', 'labels', 'dimensions'] as const

function taskFaults(contract: ManifestContract, place: Place, faultAt: FaultAt): Violation[] {
  const task = contract.task ?? 'custom'
  const { takes, chunk } = taskTable[task]
  const faults: Violation[] = []
  for (const field of taskFields) {
    if (contract[field] === undefined) continue
    if (takes.includes(field)) continue
    const why = task === 'custom' ? 'needs a task that uses it' : `is settled by the task ${task}`
    faults.push(faultAt([...place, field], why, 'Leave it out.'))
  }
  for (const field of ['input', 'output', 'chunk'] as const) {
    for (const { path, message, suggestion } of contract[field] ? schemaFaults(contract[field], '') : []) {
      faults.push(faultAt([...place, field, ...pathKeys(path)], message, suggestion))
    }
  }
  if ((contract.input === undefined) !== (contract.output === undefined) && task === 'custom') {
    faults.push(
      faultAt(
        place,
        'needs both "input" and "output", or neither: then both are read from the tensors of the first version',
      ),
    )
  }
  if (contract.streams && !chunk && contract.chunk === undefined) {
    faults.push(faultAt([...place, 'streams'], 'needs a "chunk" schema: the form of one piece of the stream'))
  }
  if (contract.chunk !== undefined && !contract.streams) {
    faults.push(faultAt([...place, 'chunk'], 'has no use without "streams: true"'))
  }
  return faults
}

function limitFaults({ limits = {} }: ManifestContract, place: Place, faultAt: FaultAt): Violation[] {
  const faults: Violation[] = []
  if (typeof limits.body === 'string' && parseSize(limits.body) === undefined) {
    faults.push(faultAt([...place, 'limits', 'body'], 'must be a size such as 64KiB or 10MiB'))
  }
  if (
    limits.timeout !== undefined &&
    !((parseDuration(limits.timeout) ?? 0) <= 3_600_000 && parseDuration(limits.timeout))
  ) {
    faults.push(faultAt([...place, 'limits', 'timeout'], 'must be a duration such as 800ms, 30s or 2m, at most 1h'))
  }
  return faults
}

function dateFaults({ deprecated }: ManifestContract, place: Place, faultAt: FaultAt): Violation[] {
  return Object.entries(deprecated ?? {}).flatMap(([field, date]) =>
    Number.isNaN(Date.parse(String(date)))
      ? [faultAt([...place, 'deprecated', field], 'must be a date such as 2027-01-31')]
      : [],
  )
}

function versionFaults({ versions }: ManifestContract, place: Place, faultAt: FaultAt): Violation[] {
  return Object.entries(versions).flatMap(([id, version]) => {
    const at = [...place, 'versions', id]
    const faults: Violation[] = []
    if (!versionPattern.test(id))
      faults.push(faultAt(at, 'must be letters, digits, dots, hyphens and underscores, at most 64'))
    const successor = version.retired?.successor
    if (successor !== undefined && (!isLive(versions[successor]) || successor === id)) {
      const others = Object.keys(versions).filter((other) => other !== id && isLive(versions[other]))
      faults.push(
        faultAt(
          [...at, 'retired', 'successor'],
          'names no live version of this contract',
          didYouMean(successor, others).suggestion,
        ),
      )
    }
    version.replicas?.forEach((address, i) => {
      const fault = replicaFault(address)
      if (fault) faults.push(faultAt([...at, 'replicas', String(i)], fault))
    })
    return faults
  })
}

function trafficFaults({ versions, traffic }: ManifestContract, place: Place, faultAt: FaultAt): Violation[] {
  if (!traffic) return []
  const at = [...place, 'traffic', 'weights']
  const faults: Violation[] = []
  for (const [id, weight] of Object.entries(traffic.weights)) {
    if (!Object.hasOwn(versions, id)) {
      faults.push(
        faultAt([...at, id], 'is no version of this contract', didYouMean(id, Object.keys(versions)).suggestion),
      )
    } else if (weight > 0 && !isLive(versions[id])) {
      faults.push(faultAt([...at, id], 'was retired and can have no traffic', 'Give it the weight 0, or leave it out.'))
    }
  }
  if (Object.values(traffic.weights).every((weight) => weight === 0)) {
    faults.push(faultAt(at, 'must give at least one version a weight above 0'))
  }
  return faults
}

function isLive(version: ManifestVersion | undefined): boolean {
  return version !== undefined && version.retired === undefined
}
