import type { Catalog, Contract } from '../../../kernel/catalog.ts'
import { type ErrorCode, errorTable } from '../../../kernel/errors.ts'
import { type Operation, permissionText } from '../../../kernel/operation.ts'
import { callOptionTable } from '../call-options.ts'
import { answerSchema, contractPath, predictBodySchema, streamDescription } from './contract-schemas.ts'

type Json = Record<string, unknown>

/**
 * The OpenAPI 3.1 document of what is deployed: one typed path per contract, with its examples, and one per operation. Schemas
 * of contracts and operations are JSON Schema 2020-12 already, so they stand in it as they are.
 */
export function openApiOf(catalog: Catalog, operations: readonly Operation[]): Json {
  const paths: Record<string, Json> = {}
  for (const name of catalog.modelNames()) {
    for (const contract of catalog.model(name)?.contracts.values() ?? []) {
      paths[contractPath(contract)] = { post: predictPath(contract) }
    }
  }
  for (const operation of operations) {
    const path = `/api/v1${operation.path}`
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: operationPath(operation) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'AstraAPI',
      version: String(catalog.revision),
      summary: 'Every deployed model, typed; its version is the catalog revision',
      description: otherDoors,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ key: [] }],
    tags: [
      { name: 'models', description: 'Calls to deployed models' },
      { name: 'platform', description: 'What is deployed, who may call it, what was called' },
    ],
    paths,
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'A key made by "astraapi keys create"' } },
      schemas: { Problem: problemSchema },
      responses: { Problem: problemResponse('Refused or failed; "code" says why and "next" what to do') },
      parameters: callOptionParameters(),
    },
  }
}

/** Doors whose protocol is described elsewhere, and once for all servers. */
const otherDoors =
  'The same models answer GraphQL at `/graphql`, and those with a tensor signature the Open Inference Protocol V2 at `/oip/v2` ' +
  '(alias `/v2`): `GET /v2/models` lists them.'

function predictPath(contract: Contract): Json {
  const { model, major, description, deprecated, task, examples } = contract
  const stream = contract.streams
    ? { 'text/event-stream': { schema: { type: 'string', description: streamDescription(contract) } } }
    : {}
  return {
    operationId: `predict_${model.replaceAll('-', '_')}_v${major}`,
    tags: ['models'],
    summary: `${model} v${major}: ${task}`,
    ...(description ? { description } : {}),
    ...(deprecated ? { deprecated: true } : {}),
    parameters: Object.keys(callOptionTable).map((name) => ({ $ref: `#/components/parameters/${name}` })),
    requestBody: {
      required: true,
      content: { 'application/json': { schema: predictBodySchema(contract), ...bodyExamples(examples) } },
    },
    responses: {
      '200': {
        description: 'The answer',
        content: { 'application/json': { schema: answerSchema(contract) }, ...stream },
      },
      ...problems([
        'invalid_body',
        'unauthenticated',
        'model_forbidden',
        'invalid_input',
        'rate_limited',
        'upstream_failed',
        'overloaded',
      ]),
    },
  }
}

function bodyExamples(examples: Contract['examples']): Json {
  if (examples.length === 0) return {}
  return { examples: Object.fromEntries(examples.map(({ input }, i) => [`example${i + 1}`, { value: { input } }])) }
}

function operationPath(operation: Operation): Json {
  const { properties = {}, required = [] } = operation.input as {
    properties?: Record<string, Json>
    required?: string[]
  }
  const inPath = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string)
  const rest = Object.keys(properties).filter((name) => !inPath.includes(name))
  const inQuery = operation.method === 'GET' || operation.method === 'DELETE'
  const parameters = [
    ...inPath.map((name) => ({ name, in: 'path', required: true, schema: properties[name] ?? { type: 'string' } })),
    ...(inQuery ? rest : []).map((name) => queryParameter(name, properties[name] ?? {}, required.includes(name))),
    ...(operation.guarded ? [ifMatchParameter] : []),
  ]
  return {
    operationId: operation.name,
    tags: ['platform'],
    summary: operation.summary,
    description: `Needs the permission ${permissionText(operation)}.`,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(inQuery ? {} : { requestBody: operationBody(properties, required, rest) }),
    responses: {
      '200': { description: 'Done', content: { 'application/json': { schema: operation.output } } },
      ...problems(['unauthenticated', 'forbidden', 'invalid_input']),
    },
  }
}

function operationBody(properties: Record<string, Json>, required: readonly string[], fields: readonly string[]): Json {
  const schema = {
    type: 'object',
    properties: Object.fromEntries(fields.map((name) => [name, properties[name]])),
    required: required.filter((name) => fields.includes(name)),
    additionalProperties: false,
  }
  return { required: true, content: { 'application/json': { schema } } }
}

function queryParameter(name: string, schema: Json, required: boolean): Json {
  return { name, in: 'query', required, schema, ...(schema.type === 'array' ? { style: 'form', explode: false } : {}) }
}

const ifMatchParameter = {
  name: 'If-Match',
  in: 'header',
  required: true,
  description: 'The ETag of what was read, or "*"',
  schema: { type: 'string' },
}

function callOptionParameters(): Json {
  return Object.fromEntries(
    Object.entries(callOptionTable).map(([name, { header, summary }]) => [
      name,
      { name: header, in: 'header', required: false, description: summary, schema: { type: 'string' } },
    ]),
  )
}

const problemSchema = {
  type: 'object',
  description: 'RFC 9457 problem details',
  required: ['type', 'title', 'status', 'detail', 'code', 'next'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', enum: Object.keys(errorTable) },
    next: { type: 'string', description: 'What to do about it' },
    callId: { type: 'string', format: 'uuid' },
    retryAfterMs: { type: 'number' },
    limit: {
      type: 'object',
      description: 'The limit that refused the call: its owner, kind, figures, and when it frees',
    },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['path', 'message'],
        properties: {
          path: { type: 'string' },
          message: { type: 'string' },
          suggestion: { type: 'string' },
          line: { type: 'integer' },
        },
      },
    },
  },
}

function problemResponse(description: string): Json {
  return { description, content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } }
}

function problems(codes: readonly ErrorCode[]): Json {
  const byStatus = new Map(
    codes.map((code) => [String(errorTable[code].status), { $ref: '#/components/responses/Problem' }]),
  )
  return Object.fromEntries(byStatus)
}
