import {
  GraphQLBoolean,
  GraphQLID,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLString,
} from 'graphql'
import type { Contract } from '../../../kernel/catalog.ts'
import { pascalCase, unused } from './graphql-names.ts'
import { type Input, inputType, required } from './input-type.ts'
import { orNull, outputType, type TypeScope } from './output-type.ts'
import { flag, id, itemError, text, usage } from './shared-types.ts'

/** What a contract is in GraphQL: its input, and the types of an answer, of a batch's answer and of a stream's events. */
export interface ContractTypes {
  readonly input: Input
  readonly answer: GraphQLObjectType
  readonly batch: GraphQLObjectType
  /** undefined where the contract does not stream. */
  readonly event: GraphQLObjectType | undefined
}

const known = new WeakMap<Contract, ContractTypes>()

/** Made on first use, then shared by every schema that holds the contract. */
export function contractTypes(contract: Contract): ContractTypes {
  let types = known.get(contract)
  if (!types) {
    types = makeTypes(contract)
    known.set(contract, types)
  }
  return types
}

function makeTypes(contract: Contract): ContractTypes {
  const { published, streams } = contract
  const scope: TypeScope = { prefix: `${pascalCase(contract.model)}V${contract.major}`, taken: new Set() }
  const names = Object.fromEntries(
    ['Answer', 'Batch', 'BatchResult', 'Event'].map((kind) => [kind, unused(scope.prefix + kind, scope.taken)]),
  )
  const output = outputType(published.output, ['Output'], scope)
  const chunk = published.chunk && streams ? outputType(published.chunk, ['Chunk'], scope) : undefined
  const head = { id, model: text, version: { ...text, description: 'The version that served' }, cached: flag }
  return {
    input: required(inputType(published.input, ['Input'], scope), published.input),
    answer: object(names.Answer, {
      ...head,
      output: { type: orNull(output, published.output) },
      usage: { type: new GraphQLNonNull(usage) },
    }),
    batch: object(names.Batch, {
      ...head,
      results: {
        type: nonNullList(object(names.BatchResult, { output: { type: output }, error: { type: itemError } })),
        description: 'One per input, in order: an output or an error',
      },
      usage: { type: new GraphQLNonNull(usage) },
    }),
    event: chunk && eventType(names.Event, chunk),
  }
}

function eventType(name: string | undefined, chunk: GraphQLOutputType): GraphQLObjectType {
  return object(name, {
    type: {
      ...text,
      description: '"answer-start" (id, model, version, cached), "chunk" (chunk) or "answer-end" (usage)',
    },
    id: { type: GraphQLID },
    model: { type: GraphQLString },
    version: { type: GraphQLString },
    cached: { type: GraphQLBoolean },
    chunk: { type: chunk },
    usage: { type: usage },
  })
}

type Fields = Readonly<Record<string, { readonly type: GraphQLOutputType; readonly description?: string }>>

function object(name: string | undefined, fields: Fields): GraphQLObjectType {
  return new GraphQLObjectType({ name: name ?? '', fields })
}

function nonNullList(type: GraphQLObjectType): GraphQLOutputType {
  return new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(type)))
}
