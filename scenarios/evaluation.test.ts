import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { heldOutMail } from '../models/spam/held-out.ts'
import { evaluationPage } from '../packages/cli/src/report/evaluation-page.ts'
import { readMarkup } from '../packages/cli/src/report/testing/markup-reader.ts'
import { repositoryModels, startTestGateway, type TestGateway } from './testing/start-test-gateway.ts'
import { waitUntil } from './testing/wait-until.ts'

const text = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] }
const slow = { backend: 'echo', answer: { label: 'ham', score: 1 }, delayMs: 30 }
const classifies = { task: 'classification', labels: ['ham', 'spam'], input: text }
const manifest = JSON.stringify({
  models: {
    spam: {
      owner: 'tests',
      contracts: {
        v1: { ...classifies, versions: { '1.0': {}, '1.1': {} }, traffic: { weights: { '1.0': 1 } }, capture: 'full' },
      },
    },
    slow: { owner: 'tests', contracts: { v1: { ...classifies, versions: { '1.0': slow } } } },
  },
  // A tenth of a cent each: of two versions and 3,110 mails $6.22.
  prices: { 'oip/spam': [{ from: '2024-01-01', items: 1000 }] },
  consumers: { 'astra-eval': { limits: { budget: { day: 7 } } } },
})

const mails = [...heldOutMail()]
const cases = mails.map(({ id, text, label }) => ({ id, input: { text }, expected: label }))

describe('an evaluation of real models on held-out mails', () => {
  let gateway: TestGateway
  let folder: string
  const start = () =>
    startTestGateway({ config: join(folder, 'astra.yaml'), models: repositoryModels, data: join(folder, 'data') })
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'astra-evaluation-'))
    await writeFile(join(folder, 'astra.yaml'), manifest)
    gateway = await start()
  })
  after(async () => {
    await gateway?.stop()
    await rm(folder, { recursive: true })
  })

  const get = async (id: string) => (await gateway.ask('GET', `/api/v1/evaluations/${id}`)).body
  async function evaluated(body: object) {
    const begun = await gateway.ask('POST', '/api/v1/evaluations', body)
    assert.equal(begun.status, 200, JSON.stringify(begun.body))
    let last = begun.body
    await waitUntil(
      'it has ended',
      async () => {
        last = await get(begun.body.id)
        return !['queued', 'running'].includes(last.status)
      },
      60_000,
    )
    return last
  }

  it('has the accuracy of both versions that models/README.md states, to the digit', { timeout: 90_000 }, async () => {
    const require = { accuracy: { min: 0.95, drop: 0.01 }, errors: { max: 0 } }
    const done = await evaluated({ model: 'spam', version: '1.1', against: 'current', cases, require, concurrency: 8 })
    assert.deepEqual([done.status, done.passed, done.against], ['done', true, '1.0'])
    const table = await readFile(new URL('../models/README.md', import.meta.url), 'utf8')
    for (const side of [done.report.version, done.report.against]) {
      const row = table.split('\n').find((line) => new RegExp(`^\\| *spam *\\| *${side.version} *\\|`).test(line)) ?? ''
      const { value, n } = side.measures.accuracy
      const cells = row.split('|').map((cell) => cell.trim())
      const told = [String(n), String(Math.round(value * n)), `${(100 * value).toFixed(4)} %`]
      assert.ok(
        told.every((cell) => cells.includes(cell)),
        `${told}; stated: ${row}`,
      )
    }
    assert.equal(done.report.differences.accuracy.shown, 'better')
    assert.ok(Math.abs(done.report.version.measures['cost-total'].value - 3.11) < 1e-9)
    assert.match(
      done.report.verdict,
      /^1\.1 agrees with the truth on 3,066 of 3,110 cases \(98\.6 %, 95 % interval 97\.9 to 99\.1\), 1\.0 on 2,789 of 3,110 cases \(89\.7 %\): \+8\.9 points \(/,
    )
    readMarkup(evaluationPage(done, Date.now()))
    // Each of them is a call like any other, of a consumer of its own.
    const { body } = await gateway.ask('GET', `/api/v1/calls?consumer=astra-eval&reference=${done.id}&limit=1`)
    assert.deepEqual([body.calls[0].outcome, body.calls[0].model], ['ok', 'spam'])
  })

  it('ends with what it has when its budget is used up, and callers go on', async () => {
    const require = { accuracy: { min: 0.5 } }
    const done = await evaluated({ model: 'spam', version: '1.1', cases: cases.slice(0, 1000), require })
    assert.deepEqual([done.status, done.passed, done.report.partial], ['done', false, 'budget'])
    assert.ok(done.report.asked > 700 && done.report.asked <= 780, String(done.report.asked))
    assert.deepEqual([done.report.version.answered, done.report.version.failed], [done.report.asked, {}])
    assert.match(done.bounds[0].words, /^accuracy is of \d+ of 1,000 cases only/)
    const { status } = await gateway.ask('POST', '/models/spam/v1/predict', { input: { text: 'Hello' } })
    assert.equal(status, 200)
  })

  it('of what callers asked, says how often another version answers as was answered then', async () => {
    const asked = cases.slice(0, 60)
    const since = new Date().toISOString()
    const answers = async (version?: string) => {
      const headers = version === undefined ? {} : { 'astra-version': version }
      const all: string[] = []
      for (const { input } of asked) {
        const { body } = await gateway.ask('POST', '/models/spam/v1/predict', { input }, { headers })
        all.push(body.output.label)
      }
      return all
    }
    const [served, candidate] = [await answers(), await answers('1.1')]
    const agreeing = served.filter((label, i) => label === candidate[i]).length
    assert.ok(agreeing > 40 && agreeing < 60, `${agreeing} of 60`)
    // Payloads are written beside the path of calls.
    const replay = { since, version: '1.0' }
    let done = await evaluated({ model: 'spam', version: '1.1', replay })
    await waitUntil(
      'all are captured',
      async () => {
        if (done.cases < 60) done = await evaluated({ model: 'spam', version: '1.1', replay })
        return done.cases === 60
      },
      10_000,
    )
    const { agreement } = done.report.version.measures
    assert.deepEqual([agreement.n, Math.round(agreement.value * agreement.n)], [60, agreeing])
    assert.equal(done.report.disagreements.length, 60 - agreeing)
    assert.doesNotMatch(JSON.stringify(done.report.disagreements), /"input"|"answered"/)
    // What the gateway asks itself is not captured: it would be replayed next time.
    assert.equal((await evaluated({ model: 'spam', version: '1.1', replay })).cases, 60)
  })

  it('is interrupted by a stop, with what it has, and is so after the restart', async () => {
    const wanted = { model: 'slow', version: '1.0', cases: cases.slice(0, 2000) }
    const { body: first } = await gateway.ask('POST', '/api/v1/evaluations', wanted)
    const { body: second } = await gateway.ask('POST', '/api/v1/evaluations', wanted)
    await waitUntil('some are asked', async () => (await get(first.id)).progress?.done > 10, 10_000)
    await gateway.stop()
    gateway = await start()
    const [one, two] = [await get(first.id), await get(second.id)]
    assert.deepEqual([one.status, two.status, two.report], ['interrupted', 'interrupted', undefined])
    assert.ok(one.report.asked > 10 && one.report.asked < 2000 && one.report.version.answered === one.report.asked)
    assert.equal(one.passed, undefined)
  })
})
