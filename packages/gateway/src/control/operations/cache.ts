import Type from 'typebox'
import type { SemanticReport } from '../../kernel/cache.ts'
import { type Catalog, versionKey } from '../../kernel/catalog.ts'
import { AstraError } from '../../kernel/errors.ts'
import { type Operation, operation } from '../../kernel/operation.ts'
import { invalidField } from './moments.ts'
import type { OperationPorts } from './ports.ts'
import { choice, closed, count, listOf, majorText, text } from './schemas.ts'
import { modelOf } from './unknown.ts'

interface Named {
  readonly model: string
  readonly major?: string
  readonly version?: string
}

const similarity = (description: string) => Type.Number({ minimum: 0, maximum: 1, description })
const many = (description: string) => Type.Integer({ minimum: 0, description })

const semanticReport = closed({
  model: Type.String(),
  major: majorText,
  mode: choice(['measure', 'serve']),
  embeddings: Type.String({ description: 'The contract that makes the vectors, "embed@v1"' }),
  similarityMin: similarity('From which on a kept answer is served, or would be'),
  lookups: many('Calls without an exact answer whose text was looked up'),
  failures: many('Of them those whose text got no vector in time'),
  served: count,
  wouldServe: many('With the mode "measure"'),
  similarities: listOf(
    closed({
      from: similarity('The next class begins where this one ends'),
      calls: many('Whose nearest text was that close'),
      compared: many('Of them those that were asked all the same, and answered'),
      equal: many('Of those the ones whose answer said the very same'),
    }),
    { description: 'By the similarity of the nearest text, the closest first' },
  ),
})

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
      auditTarget: ({ major, version }) => `/cache/{model}${major ? '/{major}' : ''}${version ? '/{version}' : ''}`,
      run: async (named) => ({ purged: await cache.purge(purged(catalogControl.current(), named)) }),
    }),
    operation({
      name: 'getCacheReport',
      summary:
        'What semantic look-ups found, by contract: how many calls were served or would have been, at which similarity, and how often the answers were equal; of this gateway alone, since it started',
      kind: 'query',
      permission: 'read',
      method: 'GET',
      path: '/cache/report',
      input: closed({ model: Type.Optional(text('Name of the model; left out: all', 64)) }),
      output: closed({ contracts: listOf(semanticReport) }),
      run: async ({ model }) => {
        const catalog = catalogControl.current()
        const names = model === undefined ? catalog.modelNames() : [modelOf(catalog, model).name]
        return { contracts: names.flatMap((name) => reportsOf(name, catalog, cache.semanticReports())) }
      },
    }),
  ]
}

/** Of its contracts that have semantic look-ups now. */
function reportsOf(name: string, catalog: Catalog, reports: readonly SemanticReport[]) {
  return [...(catalog.model(name)?.contracts.values() ?? [])].flatMap(({ model, major, cache }) => {
    if (!cache?.semantic) return []
    const { mode, model: embeddings, similarityMin } = cache.semantic
    const known = reports.find((one) => one.model === model && one.major === major)
    const counts = known ?? { lookups: 0, failures: 0, served: 0, wouldServe: 0, similarities: [] }
    return [{ ...counts, model, major: `v${major}`, mode, embeddings, similarityMin }]
  })
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
