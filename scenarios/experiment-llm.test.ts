import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it, type TestContext } from 'node:test'
import { type Astra, createAstra } from '@astraapi/sdk'
import { parse, stringify } from 'yaml'
import { type HeldOutMail, heldOutMail } from '../models/spam/held-out.ts'
import type { ExperimentReport } from '../packages/cli/src/report/experiment-json.ts'
import { type MailSorter, startMailSorter } from './testing/mail-sorter.ts'
import { repositoryModels, startTestGateway, type TestGateway } from './testing/start-test-gateway.ts'
import { waitUntil } from './testing/wait-until.ts'

// A language model against an ONNX model, on accuracy, latency and cost at once. The same two versions meet the same mails twice: it sorts
// them better, is slower and dearer, and what that may cost is a matter of the margins alone.

const example = new URL('../examples/spam-prompt.yaml', import.meta.url).pathname
const keyName = 'OPENAI_API_KEY'
const clients = 16
/** Three times what the odds of a decision ask for. */
const mails = [...heldOutMail().take(1800)]

/** Experiments on the same two versions, by what they are allowed to cost. */
const guardrails = {
  /** Quantiles tell before windows end: at the usual 10 % latency would decide, before anything is known of cost. */
  'usual-margins': ['errors', { metric: 'latency-p95', margin: '500 ms' }, 'cost'],
  /** What the better sorting is worth: half a second, and a tenth of a cent. */
  'wide-margins': [
    'errors',
    { metric: 'latency-p95', margin: '500 ms', prove: 'safe' },
    { metric: 'cost', margin: '0.001 USD', prove: 'safe' },
  ],
} as const
type Name = keyof typeof guardrails

async function manifest(sorter: string): Promise<string> {
  const { models, prices, consumers } = parse(await readFile(example, 'utf8'))
  const contract = models.spam.contracts.v1
  contract.versions['1.2'].replicas = [sorter]
  contract.traffic = { weights: { '1.0': 100 } }
  contract.metrics = { correct: { type: 'boolean', source: 'ground_truth' } }
  // What a share of one's own machine comes to, USD per million mails. Without it the cost of 1.0 would be unknown.
  prices['oip/spam'] = [{ from: '2024-01-01', items: 2 }]
  const common = {
    ...{ model: 'spam', control: '1.0', candidates: ['1.2'], metrics: ['correct'], rule: 'automatic' },
    ...{ attribution: '1s', minimalDuration: '2s', maximalDuration: '10m', expectedUnits: 1000 },
  }
  const experiments = Object.fromEntries(
    Object.entries(guardrails).map(([name, each]) => [name, { ...common, guardrails: each }]),
  )
  return stringify({ models, prices, consumers, experiments })
}

describe('an LLM version against an ONNX version decides itself', () => {
  let sorter: MailSorter
  let gateway: TestGateway
  let folder: string
  const keyBefore = process.env[keyName]

  before(async () => {
    process.env[keyName] = 'sk-fake-0123456789abcdef'
    sorter = await startMailSorter({ mails, delayMs: 40 })
    folder = await mkdtemp(join(tmpdir(), 'astra-experiment-llm-'))
    const config = join(folder, 'astra.yaml')
    await writeFile(config, await manifest(sorter.url))
    gateway = await startTestGateway({ config, models: repositoryModels, experimentsEvery: '300ms' })
  })
  after(async () => {
    await gateway?.stop()
    await sorter.close()
    await rm(folder, { recursive: true, force: true })
    if (keyBefore === undefined) delete process.env[keyName]
    else process.env[keyName] = keyBefore
  })

  async function run(name: Name, context: TestContext): Promise<ExperimentReport> {
    const astra = createAstra({ url: gateway.url, key: gateway.adminKey })
    await astra.request('POST', `/experiments/${name}/start`, { body: {}, ifMatch: '*' })
    await sendUntilDecided(astra, name)
    const { data } = await astra.request<ExperimentReport>('GET', `/experiments/${name}/report`)
    context.diagnostic(data.reason ?? data.fault ?? 'It was not decided.')
    return data
  }

  it('better, and dearer than the usual margin allows: it is rolled back', { timeout: 60_000 }, async (context) => {
    const report = await run('usual-margins', context)
    assert.equal(report.status, 'rolled_back', report.reason ?? '')
    assert.match(
      report.reason ?? '',
      /^1\.2 is worse than 1\.0: .*cost \+[\d,]+ %, shown harmful \(margin 10 %\).* Rolled back at \d\d:\d\d\.$/,
    )
    assert.deepEqual([report.evaluations[0]?.decision.row, report.evaluations[0]?.decision.action], [2, 'roll-back'])
    const told = measured(report)
    assert.ok(Number(told.correct?.estimate) > 0, 'though it sorts them better')
    assert.deepEqual(told.cost?.guardrail, { margin: { relative: 0.1 }, harmful: true, safe: false })
    assert.deepEqual(told['latency-p95']?.guardrail?.margin, { absolute: 500 })
  })

  it('the same two with wider margins: it is promoted', { timeout: 60_000 }, async (context) => {
    const report = await run('wide-margins', context)
    assert.deepEqual([report.status, report.winner], ['promoted', '1.2'], report.reason ?? '')
    assert.match(
      report.reason ?? '',
      /^1\.2 is better than 1\.0: correct \+\d.* points, 95 % interval .*after \d+ units; .* Promoted at \d\d:\d\d\.$/,
    )
    const told = measured(report)
    assert.ok(Number(told.correct?.interval.lower) > 0)
    assert.deepEqual(told['latency-p95']?.guardrail, { margin: { absolute: 500 }, harmful: false, safe: true })
    assert.deepEqual(told.cost?.guardrail, { margin: { absolute: 0.001 }, harmful: false, safe: true })
  })
})

/** What was found of each metric; the text tells all three, and the numbers of it are those of the Records. */
function measured({ reason = '', evaluations, arms }: ExperimentReport) {
  for (const metric of ['correct', 'latency-p95', 'cost']) assert.match(reason, new RegExp(`\\b${metric} [+-]?\\d`))
  const [onnx, llm] = ['1.0', '1.2'].map((version) => arms.find((arm) => arm.version === version))
  assert.ok(onnx && llm)
  assert.ok(Number(llm.costUsd) / llm.calls > 10 * (Number(onnx.costUsd) / onnx.calls), 'by far dearer')
  assert.ok(Number(llm.latencyP50Ms) >= 40)
  const [evaluation] = evaluations
  assert.ok(evaluation)
  assert.equal(evaluation.verdict.text, reason)
  return Object.fromEntries(evaluation.analysis.metrics.map((result) => [result.metric.name, result]))
}

/** Each mail is one unit with one call; what was right comes later, by reference. */
async function sendUntilDecided(astra: Astra, name: Name): Promise<void> {
  const left = mails.values()
  let sent = 0
  let decided = false
  const look = async () => {
    const { data } = await astra.request<ExperimentReport>('GET', `/experiments/${name}`)
    decided ||= data.status !== 'running'
    return decided
  }
  const client = async () => {
    for (const mail of left) {
      await sendOne(astra, mail, `${name}/${mail.id}`)
      if (decided || (++sent % 20 === 0 && (await look()))) return
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  // The last units have to be frozen and looked at.
  await waitUntil('it is decided', look, 10_000)
}

async function sendOne(astra: Astra, { id, text, label }: HeldOutMail, reference: string): Promise<void> {
  const { output } = await astra.model('spam', 'v1').predict({ text }, { unit: id, reference })
  const value = (output as { readonly label: string }).label === label
  await astra.feedback({ reference, metric: 'correct', value, source: 'ground_truth' })
}
