import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { heldOutMail } from '../models/spam/held-out.ts'
import { repositoryModels, startTestGateway, type TestGateway } from './testing/start-test-gateway.ts'
import { waitUntil } from './testing/wait-until.ts'

const input = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] }
const lines = [...heldOutMail()].map(({ text, label }) => JSON.stringify({ input: { text }, expected: label }))
const accurate = [{ data: './held-out.jsonl', require: { accuracy: { min: 0.95, drop: 0.01 }, errors: { max: 0 } } }]
const cases = [{ input: { text: 'a' } }, { input: { text: 'b' } }]

type Versions = Readonly<Record<string, object>>

/** JSON is YAML, in one line. */
function manifest(versions: Versions, gates: object = accurate, weights?: object): string {
  const traffic = weights ? { traffic: { weights } } : {}
  const contract = { task: 'classification', labels: ['ham', 'spam'], input, versions, gates, ...traffic }
  return JSON.stringify({ models: { spam: { owner: 'tests', contracts: { v1: contract } } } })
}

describe('a gate on real mails', () => {
  let gateway: TestGateway
  let folder: string
  const printed: string[] = []
  const start = () =>
    startTestGateway({
      config: join(folder, 'astra.yaml'),
      models: repositoryModels,
      data: join(folder, 'data'),
      print: (line) => printed.push(line),
    })
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'astra-gates-'))
    await writeFile(join(folder, 'held-out.jsonl'), `${lines.join('\n')}\n`)
    await writeFile(join(folder, 'astra.yaml'), manifest({ '1.1': {} }))
    gateway = await start()
  })
  after(async () => {
    await gateway?.stop()
    await rm(folder, { recursive: true })
  })

  const apply = (yaml: string, signal?: AbortSignal) =>
    gateway.ask('PUT', '/api/v1/manifest', { yaml }, { headers: { 'if-match': '*' }, ...(signal ? { signal } : {}) })
  const revision = async () => (await gateway.ask('GET', '/api/v1/manifest')).body.revision
  const records = async () => (await gateway.ask('GET', '/api/v1/calls?consumer=astra-eval&limit=1000')).body.calls

  it('lets 1.1 through when a gateway starts with it, by the file beside its manifest', async () => {
    assert.equal(await revision(), 1)
    const { sets } = (await gateway.ask('GET', '/api/v1/sets')).body
    assert.deepEqual(
      sets.map(({ name, cases, expected }: Record<string, unknown>) => [name, cases, expected]),
      [['held-out.jsonl', 3110, 3110]],
    )
  })

  it('422 for 1.0, with the accuracy that models/README.md states, held against 1.1; nothing is changed', async () => {
    const both = manifest({ '1.0': {}, '1.1': {} }, accurate, { '1.1': 1 })
    const planned = (await gateway.ask('POST', '/api/v1/manifest/plan', { yaml: both })).body
    assert.deepEqual(planned.gates, [
      {
        contract: 'spam@v1',
        version: '1.0',
        data: 'held-out.jsonl',
        cases: 3110,
        require: 'accuracy at least 95 %, at most 1 point worse than the version with most traffic; errors at most 0 %',
      },
    ])
    const { status, body } = await apply(both)
    assert.deepEqual([status, body.code], [422, 'gate_failed'])
    const [min, drop] = body.errors
    assert.equal(min.path, 'models.spam.contracts.v1.gates.0.require.accuracy')
    assert.equal(
      min.message,
      '1.0 did not pass: accuracy 89.7 % is below 95 % (95 % interval 88 % to 91.3 %; 3,110 cases of held-out.jsonl)',
    )
    assert.match(min.suggestion, /^Look at the cases that it was furthest off: \d+, /)
    assert.match(drop.message, /89\.7 % .*98\.6 %/)
    assert.equal(min.line, 1)
    assert.equal(await revision(), 1)
    const { models } = (await gateway.ask('GET', '/api/v1/deployments')).body
    assert.deepEqual(
      Object.values(models[0].contracts[0].versions).map((version) => Object(version).id),
      ['1.1'],
    )
    const [entry] = (await gateway.ask('GET', '/api/v1/audit?operation=applyManifest&limit=1')).body.entries
    assert.deepEqual([entry.outcome, entry.code], ['refused', 'gate_failed'])
    const [call] = await records()
    assert.deepEqual([call.consumer, call.attempts?.[0]?.role ?? 'eval'], ['astra-eval', 'eval'])
  })

  it('asks nothing again of what has passed', async () => {
    assert.equal((await apply('models: {}')).status, 200)
    const before = (await records())[0].id
    const { status, body } = await apply(manifest({ '1.1': {} }))
    assert.deepEqual([status, body.gates[0].version], [200, '1.1'])
    assert.match(body.gates[0].passed.words, /^accuracy 98\.6 % is at least 95 %/)
    assert.equal((await records())[0].id, before)
  })

  it('holds up nobody while it waits for a version that hangs, and ends when whoever applies leaves', async () => {
    await gateway.ask('PUT', '/api/v1/sets/two', { cases })
    const leave = new AbortController()
    const slow = { backend: 'echo', answer: { label: 'ham', score: 1 }, delayMs: 25_000 }
    const gates = [{ data: 'two', require: { errors: { max: 0 } } }]
    const waiting = apply(manifest({ '1.1': {}, '2.0': slow }, gates, { '1.1': 1 }), leave.signal)
    const inFlight = async () => {
      const { received, recorded, refused } = (await gateway.ask('GET', '/api/v1/status')).body.calls
      return received - recorded - refused > 0
    }
    await waitUntil('the version is asked', inFlight, 5000)
    const before = await revision()
    const other = { ...JSON.parse(manifest({ '1.1': {} })), consumers: { other: {} } }
    assert.equal((await apply(JSON.stringify(other))).status, 200)
    const call = await gateway.ask('POST', '/models/spam/v1/predict', { input: { text: 'hello' } })
    assert.equal(call.status, 200)
    leave.abort()
    await assert.rejects(waiting, { name: 'AbortError' })
    await waitUntil('the version is left alone', async () => !(await inFlight()), 5000)
    const refused = async () =>
      (await gateway.ask('GET', '/api/v1/audit?operation=applyManifest&limit=1')).body.entries[0].code === 'cancelled'
    await waitUntil('it is told in the audit log', refused, 5000)
    assert.equal(await revision(), before + 1)
  })

  it('is no reason not to start: what was served is served, and why the manifest was not applied is said', async () => {
    await gateway.stop()
    await writeFile(join(folder, 'astra.yaml'), manifest({ '1.0': {}, '1.1': {} }, [{ ...accurate[0], cases: 300 }]))
    printed.length = 0
    gateway = await start()
    const told = printed.join('\n')
    assert.match(
      told,
      /The manifest was not applied \(gate_failed\):\n.*astra\.yaml:1: .*1\.0 did not pass: accuracy 8/,
    )
    assert.match(told, /serves what it served before/)
    const answer = await gateway.ask('POST', '/models/spam/v1/predict', { input: { text: 'hello' } })
    assert.deepEqual([answer.status, answer.body.version], [200, '1.1'])
  })
})
