import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  parse,
  specifiedRules,
  validate,
} from 'graphql'
import type { Catalog } from '../../../kernel/catalog.ts'
import { AstraError } from '../../../kernel/errors.ts'
import { limitSurvey, limits, limitText, refuseMoreThan } from './limits.ts'
import { lru } from './lru.ts'
import { planQuery, type RunQuery } from './plan-query.ts'
import type { FindSchema } from './schemas.ts'
import { type Fragments, type Survey, surveyOf } from './survey.ts'

/** A document that may be executed. */
export interface PreparedDocument {
  readonly document: DocumentNode
  readonly schema: GraphQLSchema
  readonly operations: ReadonlyMap<OperationDefinitionNode, PreparedOperation>
}

export interface PreparedOperation {
  /** Whether it selects inference. */
  readonly infers: boolean
  readonly copies: Survey['copies']
  /** How to run it; undefined: by graphql-js. */
  readonly run: RunQuery | undefined
}

/** Why it may not: what graphql-js says of it, or the limit that it passes. */
export interface RefusedDocument {
  readonly errors: readonly GraphQLError[]
}

export type PrepareDocument = (query: string, catalog: Catalog) => PreparedDocument | RefusedDocument

const documentsMax = 1_000
/** A parsed document takes some thirty times its text: together they stay below about 120 MB. */
const charactersMax = 4_000_000
const errorsMax = 20

/** Parses, limits and validates; a document that passed is remembered for as long as the catalog's revision lives. */
export function createDocuments(findSchema: FindSchema, tools = { parse, validate }): PrepareDocument {
  const describeOnce = lastDescription()
  const documents = lru<PreparedDocument>(documentsMax, charactersMax)
  let revision: number | undefined

  return (query, catalog) => {
    if (catalog.revision !== revision) {
      revision = catalog.revision
      documents.clear()
    }
    const known = documents.get(query)
    if (known) return known
    try {
      limitText(query)
      const document = tools.parse(query)
      const fragments = fragmentsOf(document)
      const surveys = surveysOf(document, fragments)
      const schema = findSchema(
        catalog,
        surveys.map(([, survey]) => survey),
      )
      const errors = tools.validate(schema, document, specifiedRules, { maxErrors: errorsMax })
      if (errors.length > 0) return { errors }
      const operations = surveys.map(([operation, { infers, copies, plannable, schemaOnly }]) => {
        const plan = plannable ? planQuery(schema, operation, fragments) : undefined
        const run = plan ?? (schemaOnly ? describeOnce(schema, document, operation) : undefined)
        return [operation, { infers, copies, run }] as const
      })
      const prepared = { document, schema, operations: new Map(operations) }
      documents.put(query, prepared, query.length)
      return prepared
    } catch (thrown) {
      if (thrown instanceof GraphQLError) return { errors: [thrown] }
      if (thrown instanceof AstraError) return { errors: [new GraphQLError(thrown.message, { originalError: thrown })] }
      throw thrown
    }
  }
}

/**
 * To describe a thousand models takes graphql-js most of a second and makes 8 MB; tools ask again and again with the same query.
 * One description is kept, the last.
 */
function lastDescription() {
  let last: { readonly of: OperationDefinitionNode; readonly result: ExecutionResult } | undefined
  return (schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): RunQuery =>
    async () => {
      if (last?.of !== operation) {
        const operationName = operation.name?.value
        last = { of: operation, result: await execute({ schema, document, operationName }) }
      }
      return last.result
    }
}

function fragmentsOf({ definitions }: DocumentNode): Fragments {
  const found = definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
  refuseMoreThan(limits.fragments, found.length)
  return new Map(found.map((fragment) => [fragment.name.value, fragment]))
}

function surveysOf({ definitions }: DocumentNode, fragments: Fragments) {
  const found = definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  return found.map((operation): readonly [OperationDefinitionNode, Survey] => {
    const survey = surveyOf(operation, fragments, limits.fields.max)
    limitSurvey(survey)
    return [operation, survey]
  })
}
