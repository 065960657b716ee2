import { type GraphQLFieldConfig, type GraphQLFieldConfigMap, GraphQLString } from 'graphql'
import { type Operation, permissionText } from '../../../kernel/operation.ts'
import type { Schema } from '../../../kernel/schema/schema.ts'
import { pascalCase } from './graphql-names.ts'
import { type InputFields, inputFields } from './input-type.ts'
import { outputType, type TypeScope } from './output-type.ts'
import type { GraphqlRequest } from './serve-call.ts'

type OperationFields = GraphQLFieldConfigMap<unknown, GraphqlRequest>

/** The platform's operations as fields of Query or Mutation: `listCalls` is `calls`, `giveFeedback` stays. */
export function operationFields(operations: readonly Operation[], kind: Operation['kind']): OperationFields {
  const fields = operations.filter((operation) => operation.kind === kind)
  return Object.fromEntries(fields.map((operation) => [operationFieldName(operation.name), operationField(operation)]))
}

export function operationFieldName(name: string): string {
  const noun = name.replace(/^(?:get|list)(?=[A-Z])/, '')
  return noun.charAt(0).toLowerCase() + noun.slice(1)
}

/** Nullable, so that a failure spares the fields beside it. */
function operationField(operation: Operation): GraphQLFieldConfig<unknown, GraphqlRequest> {
  const scope: TypeScope = { prefix: pascalCase(operation.name), taken: new Set() }
  const args = argumentsOf(operation.input as Schema, scope)
  return {
    type: outputType(operation.output as Schema, ['Output'], scope),
    description: `${operation.summary}. Permission: ${permissionText(operation)}.`,
    args: { ...args.configs, ...(operation.guarded ? { ifMatch } : {}) },
    resolve: (_, { ifMatch, ...values }, { door, caller, address, signal }) =>
      door.operate(operation, args.toJson(values), {
        caller,
        address,
        signal,
        ifMatch: typeof ifMatch === 'string' ? [ifMatch] : undefined,
        // GraphQL has no header per field: what a guard needs (the revision) is a field of the output.
        etag: () => {},
      }),
  }
}

const ifMatch = { type: GraphQLString, description: 'Revision that the write is meant for, or "*"' }

function argumentsOf({ properties = {}, required = [] }: Schema, scope: TypeScope): InputFields {
  return inputFields(properties, new Set(required), ['Input'], scope)
}
