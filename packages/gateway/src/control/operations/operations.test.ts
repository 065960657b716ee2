import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakePlatform } from './fake-platform.ts'

const table = [
  'GET /deployments infer,read listDeployments',
  'GET /contracts infer,read getContracts',
  'GET /manifest read getManifest',
  'POST /manifest/plan operate planManifest',
  'PUT /manifest operate applyManifest guarded',
  'PUT /models/{model}/{major}/traffic operate setTraffic guarded',
  'GET /models/{model}/{major}/shadow read getShadowReport',
  'GET /models/{model}/{major}/judges read getJudgeReport',
  'GET /models/{model}/{major}/drift read getDrift',
  'GET /experiments read listExperiments',
  'GET /experiments/{name} read getExperiment',
  'GET /experiments/{name}/report read getExperimentReport',
  'POST /experiments operate createExperiment guarded',
  'PUT /experiments/{name} operate updateExperiment guarded',
  'DELETE /experiments/{name} operate deleteExperiment guarded',
  'POST /experiments/{name}/start operate startExperiment guarded',
  'POST /experiments/{name}/pause operate pauseExperiment guarded',
  'POST /experiments/{name}/resume operate resumeExperiment guarded',
  'POST /experiments/{name}/stop operate stopExperiment guarded',
  'POST /experiments/{name}/promote operate promoteExperiment guarded',
  'POST /experiments/{name}/roll-back operate rollBackExperiment guarded',
  'GET /sets read listCaseSets',
  'GET /sets/{name} operate getCaseSet',
  'PUT /sets/{name} operate putCaseSet',
  'DELETE /sets/{name} operate deleteCaseSet',
  'POST /evaluations operate createEvaluation',
  'GET /evaluations read listEvaluations',
  'GET /evaluations/{id} read getEvaluation',
  'POST /evaluations/{id}/cancel operate cancelEvaluation',
  'DELETE /evaluations/{id} operate deleteEvaluation',
  'GET /models/{model}/{major}/replicas read listReplicas',
  'POST /models/{model}/{major}/versions/{version}/replicas operate addReplica guarded',
  'DELETE /models/{model}/{major}/versions/{version}/replicas operate removeReplica guarded',
  'DELETE /cache operate purgeCache',
  'GET /cache/report read getCacheReport',
  'GET /keys admin listKeys',
  'POST /keys admin createKey',
  'PUT /keys/{id} admin updateKey guarded',
  'POST /keys/{id}/rotate admin rotateKey',
  'DELETE /keys/{id} admin revokeKey',
  'POST /tokens infer createToken',
  'GET /calls read listCalls',
  'GET /calls/{id} read getCall',
  'GET /calls/{id}/payload operate getCallPayload',
  'DELETE /payloads operate deletePayloads',
  'GET /calls/{id}/explain read,infer explainCall',
  'GET /limits read explainLimits',
  'GET /usage read getUsage',
  'POST /feedback infer giveFeedback',
  'GET /audit admin listAudit',
  'GET /status read getStatus',
]

/** What kernel/schema knows, and with it every door. */
const keywords = new Set(
  `type title description default examples deprecated enum const properties required additionalProperties minProperties
  maxProperties items prefixItems minItems maxItems minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength
  maxLength pattern format oneOf`.split(/\s+/),
)

test('the operations are those of the platform API', async () => {
  const { operations } = await fakePlatform()
  assert.deepEqual(
    operations.map(({ method, path, permission, name, guarded }) =>
      [method, path, permission, name, ...(guarded ? ['guarded'] : [])].join(' '),
    ),
    table,
  )
})

test('only reads are queries, and each field of a path is a required text of the input', async () => {
  for (const { name, kind, method, path, input } of (await fakePlatform()).operations) {
    assert.equal(kind, method === 'GET' || name === 'planManifest' ? 'query' : 'mutation', name)
    const { required = [], properties } = input as { required?: string[]; properties: Record<string, { type: string }> }
    for (const [, field = ''] of path.matchAll(/\{(\w+)\}/g)) {
      assert.ok(required.includes(field), `${name} ${field}`)
      assert.equal(properties[field]?.type, 'string')
    }
  }
})

test('schemas keep to the subset that every door can write, and inputs are closed', async () => {
  for (const { name, input, output } of (await fakePlatform()).operations) {
    assert.equal((input as { additionalProperties?: unknown }).additionalProperties, false, name)
    walk(input, name)
    walk(output, name)
  }
})

function walk(schema: unknown, at: string): void {
  assert.ok(typeof schema === 'object' && schema !== null, at)
  const { properties = {}, items, additionalProperties, oneOf = [], ...rest } = schema as Record<string, unknown>
  for (const keyword of Object.keys(rest)) assert.ok(keywords.has(keyword), `${at}: ${keyword}`)
  for (const [name, child] of Object.entries(properties as object)) walk(child, `${at}.${name}`)
  for (const [index, child] of (oneOf as unknown[]).entries()) walk(child, `${at}|${index}`)
  if (items !== undefined) walk(items, `${at}[]`)
  if (typeof additionalProperties === 'object') walk(additionalProperties, `${at}{}`)
}
