import type { Manifest, ManifestContract, ManifestModel, Place } from './manifest.ts'

export interface NamedContract {
  /** "spam@v1" */
  readonly name: string
  readonly place: Place
  readonly contract: ManifestContract | null
}

/** Every contract that a manifest declares, of models and contracts in any form. */
export function contractsOf({ models }: Manifest): readonly NamedContract[] {
  return Object.entries(models).flatMap(([model, declared]: [string, ManifestModel | null]) =>
    Object.entries(declared?.contracts ?? {}).map(([major, contract]: [string, ManifestContract | null]) => ({
      name: `${model}@${major}`,
      place: ['models', model, 'contracts', major],
      contract,
    })),
  )
}
