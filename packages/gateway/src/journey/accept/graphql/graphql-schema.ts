import { type GraphQLFieldConfigMap, GraphQLNonNull, GraphQLObjectType, GraphQLSchema } from 'graphql'
import type { Model } from '../../../kernel/catalog.ts'
import type { Operation } from '../../../kernel/operation.ts'
import { camelCase } from './graphql-names.ts'
import { modelField } from './model-fields.ts'
import { operationFields } from './operation-fields.ts'
import type { GraphqlRequest } from './serve-call.ts'
import { streamField, streamFieldName } from './stream-fields.ts'

type Fields = GraphQLFieldConfigMap<unknown, GraphqlRequest>

export interface OperationRoots {
  readonly query: Fields
  readonly mutation: Fields
}

/** The part that no catalog changes: built once, shared by every schema. */
export function operationRoots(operations: readonly Operation[]): OperationRoots {
  return { query: operationFields(operations, 'query'), mutation: operationFields(operations, 'mutation') }
}

const nothing = {}

/**
 * The schema with these models in it. Models and contracts keep their types, so that another choice of models costs only the
 * roots. It is valid by construction (a property test holds it to that), so graphql-js need not check it again.
 */
export function graphqlSchema(models: readonly Model[], operations: OperationRoots): GraphQLSchema {
  const modelFields: Fields = Object.fromEntries(models.map((model) => [camelCase(model.name), modelField(model)]))
  const query: Fields = { ...operations.query }
  if (models.length > 0) {
    const type = new GraphQLNonNull(root('Models', modelFields))
    query.models = {
      type,
      description: 'Inference: every field below is a call, made in parallel',
      resolve: () => nothing,
    }
  }
  const streams: Fields = Object.fromEntries(models.flatMap(streamFields))
  return new GraphQLSchema({
    query: root('Query', query),
    mutation: isEmpty(operations.mutation) ? undefined : root('Mutation', operations.mutation),
    subscription: isEmpty(streams) ? undefined : root('Subscription', streams),
    assumeValid: true,
  })
}

function streamFields(model: Model) {
  return [...model.contracts.values()].flatMap((contract) => {
    const field = streamField(contract)
    return field ? [[streamFieldName(contract.model, contract.major), field] as const] : []
  })
}

function root(name: string, fields: Fields): GraphQLObjectType {
  return new GraphQLObjectType({ name, fields })
}

function isEmpty(fields: Fields): boolean {
  return Object.keys(fields).length === 0
}
