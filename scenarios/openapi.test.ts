import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import { startTestGateway, type TestGateway } from './testing/start-test-gateway.ts'

describe('/openapi.json', () => {
  let gateway: TestGateway
  before(async () => {
    gateway = await startTestGateway({
      config: new URL('../astra.yaml', import.meta.url).pathname,
      models: new URL('../models', import.meta.url).pathname,
    })
  })
  after(() => gateway.stop())

  it('is linted by Redocly without errors', async () => {
    const { body } = await gateway.ask('GET', '/openapi.json')
    const problems = await lintFromString({
      source: JSON.stringify(body),
      config: await createConfig({ extends: ['recommended'] }),
    })
    const shown = problems.map(
      ({ severity, ruleId, message, location }) => `${severity} ${ruleId}: ${message} ${location[0]?.pointer}`,
    )
    assert.deepEqual(
      shown.filter((line) => line.startsWith('error')),
      [],
    )
  })

  it('has a typed path with examples for every contract, and one for every operation', async () => {
    const { body } = await gateway.ask('GET', '/openapi.json')
    for (const model of ['spam', 'digits', 'embed', 'language', 'story']) {
      const { post } = body.paths[`/models/${model}/v1/predict`]
      assert.ok(post.requestBody.content['application/json'].schema.oneOf[0].properties.input.properties, model)
    }
    assert.equal(
      body.paths['/models/spam/v1/predict'].post.requestBody.content['application/json'].examples.example1.value.input
        .text.length > 10,
      true,
    )
    assert.equal(body.paths['/api/v1/calls/{id}'].get.operationId, 'getCall')
  })
})
