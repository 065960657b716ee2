import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type Reply, startTestGateway, type TestGateway } from './testing/start-test-gateway.ts'
import { waitUntil } from './testing/wait-until.ts'

// A/B tests from the outside: traffic, ground truth by reference, and the decision that follows. Three models that differ in nothing but
// what their version 1.1 is good for.

const closed = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] }
const contract = (candidate: object) => ({
  input: closed,
  output: closed,
  metrics: { correct: { type: 'boolean', optimise: 'max', source: 'ground_truth' } },
  versions: { '1.0': { backend: 'echo' }, '1.1': { backend: 'echo', ...candidate } },
  traffic: { weights: { '1.0': 100 } },
})
const model = (candidate: object = {}) => ({ owner: 'me', contracts: { v1: contract(candidate) } })
const experiment = (of: string) => ({
  ...{
    model: of,
    control: '1.0',
    candidates: ['1.1'],
    metrics: ['correct'],
    guardrails: ['errors'],
    rule: 'automatic',
  },
  ...{ attribution: '1s', minimalDuration: '2s', maximalDuration: '1h', expectedUnits: 400 },
})
const manifest = {
  models: { up: model(), down: model(), broken: model({ fail: 'failed' }) },
  experiments: { 'up-1-1': experiment('up'), 'down-1-1': experiment('down'), 'broken-1-1': experiment('broken') },
  consumers: { shop: {} },
}

/** Of a hundred answers so many are right. */
type Right = Readonly<Record<string, number>>

describe('an experiment decides itself', () => {
  let gateway: TestGateway
  let folder: string
  let key: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'astra-experiment-'))
    const config = join(folder, 'astra.json')
    await writeFile(config, JSON.stringify(manifest))
    gateway = await startTestGateway({ config, experimentsEvery: '200ms' })
    key = (await gateway.ask('POST', '/api/v1/keys', { consumer: 'shop' })).body.secret
  })
  after(async () => {
    await gateway.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const read = async (name: string, more = '') => (await gateway.ask('GET', `/api/v1/experiments/${name}${more}`)).body
  const change = (name: string, action: string, body: object = {}): Promise<Reply> =>
    gateway.ask('POST', `/api/v1/experiments/${name}/${action}`, body, { headers: { 'if-match': '*' } })

  /** A unit calls, and tells later what would have been right. */
  async function unit(of: string, n: number, right: Right): Promise<string> {
    const reference = `${of}-${n}`
    const headers = { 'astra-unit': `unit-${n}`, 'astra-reference': reference }
    const { status, body } = await gateway.ask(
      'POST',
      `/models/${of}/v1/predict`,
      { input: { text: 'x' } },
      { key, headers },
    )
    if (status !== 200) return `${status}`
    const value = n % 100 < (right[body.version] ?? 0)
    const judged = { reference, metric: 'correct', value, source: 'ground_truth' }
    const { status: heard } = await gateway.ask('POST', '/api/v1/feedback', judged, { key })
    assert.equal(heard, 200)
    return body.version
  }

  /** Units come, eight at a time, until it is decided. */
  async function traffic(name: string, of: string, right: Right): Promise<Map<string, number>> {
    const met = new Map<string, number>()
    for (let n = 0; n < 20_000; n += 8) {
      const eight = await Promise.all(Array.from({ length: 8 }, (_, i) => unit(of, n + i, right)))
      for (const version of eight) met.set(version, (met.get(version) ?? 0) + 1)
      if (n % 200 === 0 && (await read(name)).status !== 'running') return met
    }
    assert.fail(`It was not decided: ${JSON.stringify(await read(name))}`)
  }

  const weights = async (of: string) =>
    (await gateway.ask('GET', '/api/v1/deployments')).body.models
      .find(({ name }: { name: string }) => name === of)
      .contracts[0].versions.map(({ id, share }: { id: string; share: number }) => [id, share])

  it('a better candidate is promoted, with the verdict; the report and the audit log tell why', async () => {
    assert.equal((await change('up-1-1', 'start')).body.status, 'running')
    await traffic('up-1-1', 'up', { '1.0': 60, '1.1': 97 })
    // The entry in the audit log follows the change.
    await waitUntil(
      'it stands in the audit log',
      async () => (await read('up-1-1', '/report')).decisions.length > 1,
      5000,
    )
    const report = await read('up-1-1', '/report')
    assert.deepEqual([report.status, report.winner, report.by], ['promoted', '1.1', 'astra-experiments'])
    assert.match(report.reason, /^1\.1 is better than 1\.0: correct \+.*after \d+ units.* Promoted at /)
    assert.equal(report.evaluations[0].verdict.text, report.reason)
    assert.ok(report.history.length >= 2)
    assert.deepEqual(
      report.decisions.map(({ action }: { action: string }) => action),
      ['start', 'promote'],
    )
    for (const arm of report.arms) assert.ok(arm.units >= 100 && arm.calls >= 100 && arm.latencyP95Ms > 0, arm.version)
    assert.deepEqual(await weights('up'), [
      ['1.0', 0],
      ['1.1', 1],
    ])
    assert.equal(await unit('up', 1, {}), '1.1')
    const audit = (await gateway.ask('GET', '/api/v1/audit?operation=promoteExperiment')).body.entries
    assert.deepEqual([audit.length, audit[0].keyId, audit[0].target], [1, 'astra-experiments', '/experiments/up-1-1'])
  })

  it('a worse one is rolled back', async () => {
    await change('down-1-1', 'start')
    await traffic('down-1-1', 'down', { '1.0': 97, '1.1': 60 })
    const { status, reason } = await read('down-1-1')
    assert.equal(status, 'rolled_back')
    assert.match(reason, /^1\.1 is worse than 1\.0: correct -/)
    assert.deepEqual(await weights('down'), [
      ['1.0', 1],
      ['1.1', 0],
    ])
  })

  it('one that fails is rolled back within 20 of its calls, and not a call later meets it', async () => {
    await change('broken-1-1', 'start')
    let failed = 0
    let n = 0
    for (; n < 500; n++) {
      if ((await unit('broken', n, {})) === '502') failed++
      if (failed >= 10 && (await read('broken-1-1')).status !== 'running') break
    }
    assert.ok(failed >= 10 && failed <= 20, `${failed} calls failed`)
    const { status, reason } = await read('broken-1-1')
    assert.equal(status, 'rolled_back')
    assert.match(
      reason,
      /^1\.1 fails: \d+ of its last \d+ calls failed\. Rolled back at .*, without waiting for statistics\.$/,
    )
    for (let i = 0; i < 20; i++) assert.equal(await unit('broken', n + i, {}), '1.0')
    const metrics = (await gateway.ask('GET', '/metrics')).body as string
    assert.match(metrics, /astra_experiment_decisions_total\{experiment="broken-1-1",action="roll-back"\} 1/)
    assert.match(metrics, /astra_experiment_status\{experiment="broken-1-1",status="rolled_back"\} 1/)
  })

  it('feedback is held to what the contract declares', async () => {
    const { body: call } = await gateway.ask('POST', '/models/up/v1/predict', { input: { text: 'x' } }, { key })
    const judge = (metric: string, value: unknown) =>
      gateway.ask('POST', '/api/v1/feedback', { call: call.id, metric, value }, { key })
    const { status, body } = await judge('corect', true)
    assert.deepEqual([status, body.code, body.errors[0].path], [422, 'invalid_input', '/metric'])
    assert.equal(body.errors[0].suggestion, 'Did you mean "correct"?')
    assert.match(body.next, /correct \(boolean\)/)
    const { body: typed } = await judge('correct', 1)
    assert.deepEqual([typed.status, typed.errors[0].path], [422, '/value'])
    assert.equal((await judge('correct', true)).status, 200)
  })

  it('GraphQL tells the same, and changes go by the same rules', async () => {
    const query = '{ experiment(name: "up-1-1") { status winner evaluations { candidate decision { action row } } } }'
    const { body } = await gateway.graphql(query)
    assert.deepEqual(body.data.experiment, {
      status: 'promoted',
      winner: '1.1',
      evaluations: [{ candidate: '1.1', decision: { action: 'promote', row: 4 } }],
    })
    const { status, body: problem } = await change('up-1-1', 'start')
    assert.deepEqual([status, problem.code], [409, 'conflict'])
  })
})
