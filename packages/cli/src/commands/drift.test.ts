import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeGateway } from '../fake-gateway.ts'
import type { DriftReport } from './drift.ts'

const contracts = [{ major: 'v1', task: 'classification', versions: [{ id: '1.0' }, { id: '1.1' }] }]
const deployments = { revision: 7, models: [{ name: 'spam', defaultMajor: 'v1', contracts }] }
const length = {
  ...{
    name: 'input.text.length',
    outcome: 'drifted' as const,
    reason: 'Kolmogorov-Smirnov test: p = 1e-9, below 0.005',
  },
  reference: { values: 1000, missing: 0, p50: 1110.4, p95: 3980 },
  current: { values: 800, missing: 200, p50: 4150, p95: 19_998 },
}
const label = {
  ...{ name: 'output.label', outcome: 'unknown' as const, reason: 'too few to say: 1000 values and 9 now' },
  reference: { values: 1000, top: [{ value: 'ham', share: 0.667 }, { value: 'spam', share: 0.333 }] }, // biome-ignore format: pairs
}
const compared = { drifted: ['input.text.length'], unknown: ['output.label'], features: [length, label] }
const report: DriftReport = {
  ...{ model: 'spam', major: 'v1', leftOut: 0, dropped: {} },
  declared: { windowMs: 86_400_000, first: 1000 },
  from: '2026-11-22T11:00:00.000Z',
  to: '2026-11-23T12:00:00.000Z',
  versions: [{ version: '1.0', ...compared }],
  against: '1.0',
  pairs: [{ version: '1.1', ...compared }],
}
const path = '/api/v1/models/spam/v1/drift'
const replies = (body: DriftReport) => ({ 'GET /api/v1/deployments': { body: deployments }, [`GET ${path}`]: { body } })

test('drift tells each version against its reference, and versions beside each other', async (context) => {
  const { run } = await fakeGateway(context, replies(report))
  const { out, notes } = await run(['drift', 'spam'])
  assert.equal(
    out,
    `spam@v1: 2026-11-22 11:00:00 to 2026-11-23 12:00:00 UTC, each version against its first 1000 values

1.0: 1 of 1 features drifted: input.text.length, 1 cannot be judged
  FEATURE            REFERENCE              NOW                               OUTCOME  WHY
  input.text.length  p50 1110, p95 3980     p50 4150, p95 20000, 20% missing  drifted  Kolmogorov-Smirnov test: p = 1e-9, below 0.005
  output.label       ham 66.7%, spam 33.3%  -                                 unknown  too few to say: 1000 values and 9 now

1.1 beside 1.0: 1 of 1 features differ: input.text.length, 1 cannot be judged
  FEATURE            1.0                    1.1                               OUTCOME  WHY
  input.text.length  p50 1110, p95 3980     p50 4150, p95 20000, 20% missing  differs  Kolmogorov-Smirnov test: p = 1e-9, below 0.005
  output.label       ham 66.7%, spam 33.3%  -                                 unknown  too few to say: 1000 values and 9 now
`,
  )
  assert.equal(notes, '')
  assert.deepEqual(JSON.parse((await run(['drift', 'spam@v1', '--json'])).out), report)
})

test('drift says what to do where there is none, and what was not counted', async (context) => {
  const { declared: _, ...none } = report
  const undeclared = await fakeGateway(context, replies({ ...none, versions: [], pairs: [] }))
  assert.match((await undeclared.run(['drift', 'spam'])).notes, /Add "drift: \{\}" to the contract/)
  const days = { windowMs: 1, referenceFrom: '2026-11-01', referenceTo: '2026-11-08' }
  const { reference: __, ...unheld } = length
  const unfilled = {
    ...report,
    declared: days,
    versions: [{ version: '1.0', drifted: [], unknown: [length.name], features: [unheld] }],
  }
  assert.match(
    (await (await fakeGateway(context, replies(unfilled))).run(['drift', 'spam'])).notes,
    /^Of the days of the reference nothing was counted/,
  )
  const empty = { ...report, declared: days, versions: [], pairs: [], leftOut: 4, dropped: { form: 2 } }
  const { run } = await fakeGateway(context, replies(empty))
  const { out, notes } = await run(['drift', 'spam'])
  assert.match(out, /each version against 2026-11-01 to 2026-11-08\n$/)
  assert.match(notes, /No calls were counted yet\.[\s\S]*4 more features[\s\S]*not counted: form 2\./)
  const { code, notes: unknown } = await run(['drift', 'spam@v3'])
  assert.equal(code, 1)
  assert.match(unknown, /spam has no v3\. It has v1\./)
})
