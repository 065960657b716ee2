import type { Violation } from '../../kernel/errors.ts'
import { isJsonObject } from '../../kernel/schema/facets.ts'
import { didYouMean } from '../../kernel/schema/nearest.ts'
import { contractFaults } from './check-contract.ts'
import { priceFaults } from './check-prices.ts'
import type { FaultAt, Manifest, ManifestModel, Place } from './manifest.ts'
import { isName, majorPattern, nameWords } from './names.ts'

/**
 * What the form cannot say: names, references, units, and which fields go together. Contracts that are not sound in their
 * form are passed over, and so are such prices, so that one reading of the manifest tells both kinds of fault.
 */
export function meaningFaults(manifest: Manifest, faultAt: FaultAt, sound: (place: Place) => boolean): Violation[] {
  return [
    ...Object.entries(manifest.models).flatMap(([name, model]) => modelFaults(name, model, faultAt, sound)),
    ...collisions(Object.keys(manifest.models), faultAt),
    ...Object.keys(manifest.consumers).flatMap((name) => consumerFaults(name, faultAt)),
    ...Object.entries(manifest.prices).flatMap(([name, prices]) =>
      sound(['prices', name]) ? priceFaults(name, prices, faultAt) : [],
    ),
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

function modelFaults(
  name: string,
  model: ManifestModel,
  faultAt: FaultAt,
  sound: (place: Place) => boolean,
): Violation[] {
  const place = ['models', name]
  const faults = isName(name) ? [] : [faultAt(place, nameWords)]
  if (!isJsonObject(model) || !isJsonObject(model.contracts)) return faults
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
