import type { Catalog, Contract, Model } from '../../../../kernel/catalog.ts'
import type { ContractExample, ContractState, Deprecation } from '../../../../kernel/catalog-state.ts'
import type { Schema } from '../../../../kernel/schema/schema.ts'
import { compileCheck } from '../../../../kernel/schema/validator.ts'

/** What a test says of a contract; the rest does not matter to the door. */
export interface FakeContract {
  readonly input: Schema
  readonly output: Schema
  /** Given: the contract streams. */
  readonly chunk?: Schema
  readonly description?: string
  readonly examples?: readonly ContractExample[]
  readonly deprecated?: Deprecation
  readonly bodyBytesMax?: number
}

/** By model, by major. */
export type FakeModels = Readonly<Record<string, Readonly<Record<number, FakeContract>>>>

export const text: FakeContract = {
  input: closed({ text: { type: 'string', maxLength: 1000 } }),
  output: closed({ label: { type: 'string', enum: ['ham', 'spam'] }, score: { type: 'number' } }),
}

/** A catalog that notes in `built` which models were asked for. */
export function fakeCatalog(models: FakeModels, revision = 1): Catalog & { readonly built: string[] } {
  const built: string[] = []
  const made = new Map<string, Model>()
  return {
    built,
    revision,
    activatedAt: 0,
    state: {
      models: Object.fromEntries(
        Object.entries(models).map(([name, majors]) => [
          name,
          {
            owner: 'owner',
            defaultMajor: 1,
            contracts: Object.fromEntries(
              Object.entries(majors).map(([major, contract]) => [major, contractState(contract)]),
            ),
          },
        ]),
      ),
      consumers: {},
    },
    model(name) {
      const majors = models[name]
      if (!majors) return undefined
      built.push(name)
      const model = made.get(name) ?? fakeModel(name, majors)
      made.set(name, model)
      return model
    },
    modelNames: () => Object.keys(models),
    hasConsumer: () => false,
    consumer: () => undefined,
    team: () => undefined,
  }
}

export function closed(properties: Readonly<Record<string, Schema>>, required = Object.keys(properties)): Schema {
  return { type: 'object', properties, required, additionalProperties: false }
}

function fakeModel(name: string, majors: Readonly<Record<number, FakeContract>>): Model {
  const contracts = Object.entries(majors).map(([major, contract]) => {
    const { revisions, ...state } = contractState(contract)
    const [published] = revisions
    if (!published) throw new Error('a contract has a revision')
    const made: Contract = {
      ...state,
      fallback: [],
      rules: undefined,
      shadow: undefined,
      hedge: undefined,
      cache: undefined,
      model: name,
      major: Number(major),
      description: state.description,
      deprecated: state.deprecated,
      publishedRevision: 1,
      published,
      versions: new Map(),
      split: [],
      check: compileCheck(published),
    }
    return [made.major, made] as const
  })
  return {
    name,
    owner: 'owner',
    description: `The model ${name}`,
    defaultMajor: 1,
    contracts: new Map(contracts),
    limits: undefined,
  }
}

function contractState(contract: FakeContract): ContractState {
  const { input, output, chunk, examples = [], description, deprecated, bodyBytesMax = 1_000_000 } = contract
  return {
    task: 'custom',
    streams: chunk !== undefined,
    revisions: [{ input, output, ...(chunk ? { chunk } : {}) }],
    examples,
    limits: { bodyBytesMax, itemsMax: 8, timeoutMs: 1000, firstByteMs: 60_000, idleMs: 60_000, inFlightMax: 8 },
    versions: {},
    weights: {},
    ...(description === undefined ? {} : { description }),
    ...(deprecated ? { deprecated } : {}),
  }
}
