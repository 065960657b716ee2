import Type from 'typebox'
import type { Model } from '../../kernel/catalog.ts'
import { type Operation, operation } from '../../kernel/operation.ts'
import type { Schema } from '../../kernel/schema/schema.ts'
import type { OperationPorts } from './ports.ts'
import { anyObject, choice, closed, deprecation, listOf, majorText, mapOf, revision, text } from './schemas.ts'
import { modelOf } from './unknown.ts'
import { withoutUndefined } from './without-undefined.ts'

const contract = closed({
  revision: Type.Integer(),
  task: Type.String(),
  description: Type.Optional(Type.String()),
  streams: Type.Boolean(),
  input: anyObject<Schema>('JSON Schema'),
  output: anyObject<Schema>('JSON Schema'),
  chunk: Type.Optional(anyObject<Schema>('JSON Schema of one chunk')),
  examples: listOf(closed({ input: Type.Unknown(), output: Type.Optional(Type.Unknown()) })),
  deprecated: Type.Optional(deprecation),
})

const model = closed({
  description: Type.Optional(Type.String()),
  owner: Type.String(),
  default: majorText,
  contracts: mapOf(contract, { description: 'By major' }),
})

const contractFile = closed({
  astra: choice(['contracts/1'], { description: 'Form of this file' }),
  revision,
  models: mapOf(model, { description: 'By name' }),
})

export function contractOperations({ catalogControl }: OperationPorts): readonly Operation[] {
  return [
    operation({
      name: 'getContracts',
      summary: 'The published contracts of every model, or of one: the file that SDK types are written from',
      kind: 'query',
      permission: ['infer', 'read'],
      method: 'GET',
      path: '/contracts',
      input: closed({ model: Type.Optional(text('Name of the only model wanted', 64)) }),
      output: contractFile,
      run: async ({ model }, { etag }) => {
        const catalog = catalogControl.current()
        etag(String(catalog.revision))
        const names = model === undefined ? catalog.modelNames() : [model]
        const models = Object.fromEntries(names.map((name) => [name, publishedModel(modelOf(catalog, name))]))
        return { astra: 'contracts/1' as const, revision: catalog.revision, models }
      },
    }),
  ]
}

function publishedModel(model: Model) {
  const contracts = [...model.contracts.values()].map((contract) => {
    const { input, output, chunk } = contract.published
    const { task, description, streams, examples, deprecated, publishedRevision } = contract
    return [
      `v${contract.major}`,
      withoutUndefined({
        revision: publishedRevision,
        task: task as string,
        description,
        streams,
        input,
        output,
        chunk,
        examples,
        deprecated,
      }),
    ] as const
  })
  return withoutUndefined({
    description: model.description,
    owner: model.owner,
    default: `v${model.defaultMajor}`,
    contracts: Object.fromEntries(contracts),
  })
}
