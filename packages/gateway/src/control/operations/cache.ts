import Type from 'typebox'
import { type Catalog, versionKey } from '../../kernel/catalog.ts'
import { AstraError } from '../../kernel/errors.ts'
import { type Operation, operation } from '../../kernel/operation.ts'
import { invalidField } from './moments.ts'
import type { OperationPorts } from './ports.ts'
import { closed, majorText, text } from './schemas.ts'
import { modelOf } from './unknown.ts'

interface Named {
  readonly model: string
  readonly major?: string
  readonly version?: string
}

export function cacheOperations({ catalogControl, cache }: OperationPorts): readonly Operation[] {
  return [
    operation({
      name: 'purgeCache',
      summary: 'Forgets the kept answers of a model, of one of its contracts or of one version',
      kind: 'mutation',
      permission: 'operate',
      method: 'DELETE',
      path: '/cache',
      input: closed({
        model: text('Name of the model', 64),
        major: Type.Optional(majorText),
        version: Type.Optional(text('Id of a version of that contract', 64)),
      }),
      output: closed({
        purged: Type.Integer({
          minimum: 0,
          description: 'Answers that went; of a cache in memory those of this gateway alone',
        }),
      }),
      audit: (named, output) => output && { ...named, ...output },
      run: async (named) => ({ purged: await cache.purge(purged(catalogControl.current(), named)) }),
    }),
  ]
}

/** "spam", "spam@v1" or "spam@v1/1.1". Throws where there is no such thing: a typo would else purge nothing, and say so quietly. */
function purged(catalog: Catalog, { model: name, major, version }: Named): string {
  const model = modelOf(catalog, name)
  if (major === undefined) {
    if (version !== undefined) throw invalidField('major', 'must say of which contract the version is')
    return name
  }
  const contract = model.contracts.get(Number(major.slice(1)))
  if (!contract) throw new AstraError('unknown_major', { detail: `${name} has no ${major}` })
  if (version === undefined) return `${name}@${major}`
  if (contract.versions.has(version)) return versionKey(name, contract.major, version)
  throw new AstraError('unknown_version', { detail: `${name}@${major} has no version "${version}"` })
}
