import type { Violation } from '../../kernel/errors.ts'
import { internalConsumers, internalPrefix, isInternal } from '../../kernel/internal-consumers.ts'
import { isJsonObject } from '../../kernel/schema/facets.ts'
import { didYouMean } from '../../kernel/schema/nearest.ts'
import { semanticFaults } from './cache-policy.ts'
import { contractFaults } from './check-contract.ts'
import { experimentFaults } from './check-experiment.ts'
import { issuerFaults, issuersTwice } from './check-issuer.ts'
import { priceFaults } from './check-prices.ts'
import { consumerFaults, internalFaults } from './consumer.ts'
import { metricConsumerFaults } from './feedback-metrics.ts'
import { judgeFaults } from './judges.ts'
import type { FaultAt, Manifest, ManifestModel, Place } from './manifest.ts'
import { isName, majorPattern, nameWords } from './names.ts'
import { ownerLimitFaults } from './owner-limits.ts'
import { ruleCallerFaults } from './traffic-rules.ts'

/**
 * What the form cannot say: names, references, units, and which fields go together. Contracts that are not sound in their
 * form are passed over, and so are such prices, so that one reading of the manifest tells both kinds of fault.
 */
export function meaningFaults(manifest: Manifest, faultAt: FaultAt, sound: (place: Place) => boolean): Violation[] {
  return [
    ...Object.entries(manifest.models).flatMap(([name, model]) => modelFaults(name, model, faultAt, sound)),
    ...collisions(Object.keys(manifest.models), faultAt),
    ...semanticFaults(manifest, faultAt, sound),
    ...ruleCallerFaults(manifest, faultAt, sound),
    ...metricConsumerFaults(manifest, faultAt, sound),
    ...judgeFaults(manifest, faultAt, sound),
    ...callerFaults(manifest, faultAt, sound),
    ...Object.entries(manifest.experiments).flatMap(([name, experiment]) => [
      ...nameFaults('experiments', name, faultAt),
      ...(sound(['experiments', name]) ? experimentFaults(name, experiment, manifest, faultAt, sound) : []),
    ]),
    ...Object.entries(manifest.prices).flatMap(([name, prices]) =>
      sound(['prices', name]) ? priceFaults(name, prices, faultAt) : [],
    ),
  ]
}

/** Consumers, their teams, and who else may say who they are. */
function callerFaults(manifest: Manifest, faultAt: FaultAt, sound: (place: Place) => boolean): Violation[] {
  const { consumers, teams, issuers } = manifest
  const teamNames = Object.keys(teams)
  return [
    ...each('consumers', consumers, (one, place, name) => [
      ...consumerFaults(one, teamNames, place, faultAt),
      ...(isInternal(name) ? internalFaults(one, place, faultAt) : []),
    ]),
    ...each('teams', teams, ({ limits = {} }, place) => ownerLimitFaults(limits, [...place, 'limits'], faultAt)),
    ...each('issuers', issuers, (one, place) => issuerFaults(one, manifest, place, faultAt)),
    ...issuersTwice(manifest, faultAt, sound),
  ]

  function each<T>(
    kind: string,
    record: Readonly<Record<string, T>>,
    faultsOf: (one: T, place: Place, name: string) => readonly Violation[],
  ): Violation[] {
    return Object.entries(record).flatMap(([name, one]) => {
      const place = [kind, name]
      return [...nameFaults(kind, name, faultAt), ...(sound(place) ? faultsOf(one, place, name) : [])]
    })
  }
}

function nameFaults(kind: string, name: string, faultAt: FaultAt): Violation[] {
  if (kind === 'consumers' && name === 'admin') return [faultAt([kind, name], 'is taken: it owns the admin key')]
  if (kind === 'consumers' && name.startsWith(internalPrefix) && !isInternal(name)) {
    const names = Object.keys(internalConsumers)
    const message = `begins with "${internalPrefix}", which is kept for the gateway's own: ${names.join(', ')}`
    return [faultAt([kind, name], message, didYouMean(name, names).suggestion)]
  }
  return isName(name) ? [] : [faultAt([kind, name], nameWords)]
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

function modelFaults(
  name: string,
  model: ManifestModel,
  faultAt: FaultAt,
  sound: (place: Place) => boolean,
): Violation[] {
  const place = ['models', name]
  const faults = isName(name) ? [] : [faultAt(place, nameWords)]
  if (!isJsonObject(model) || !isJsonObject(model.contracts)) return faults
  const at = [...place, 'limits']
  if (model.limits !== undefined && sound(at)) faults.push(...ownerLimitFaults(model.limits, at, faultAt))
  const majors = Object.keys(model.contracts)
  if (typeof model.default === 'string' && !majors.includes(model.default)) {
    const { suggestion } = didYouMean(model.default, majors)
    faults.push(faultAt([...place, 'default'], `names no contract of this model (${majors.join(', ')})`, suggestion))
  }
  for (const [major, contract] of Object.entries(model.contracts)) {
    const at = [...place, 'contracts', major]
    if (!majorPattern.test(major)) faults.push(faultAt(at, 'must be a major version such as v1'))
    if (sound(at)) faults.push(...contractFaults(contract, at, faultAt))
  }
  return faults
}
