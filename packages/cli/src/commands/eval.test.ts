import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fakeGateway } from '../fake-gateway.ts'
import { evaluationFixture } from '../report/testing/evaluation-fixture.ts'
import { readMarkup } from '../report/testing/markup-reader.ts'

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'astra-eval-'))
})
after(() => rm(folder, { recursive: true }))

async function file(text: string): Promise<string> {
  const name = join(folder, `${Math.random()}.jsonl`)
  await writeFile(name, text)
  return name
}

const queued = { ...evaluationFixture, status: 'queued', report: undefined, passed: undefined }
const replies = (ended: object) => ({
  'POST /api/v1/evaluations': { body: queued },
  [`GET /api/v1/evaluations/${evaluationFixture.id}`]: { body: ended },
})
const lines = '{"input": {"text": "a"}, "expected": "ham"}\n\n{"id": "x", "input": {"text": "b"}}\n'

test('eval sends the cases of a file, and tells verdict, measures, labels and bounds', async (context) => {
  const { run, asked } = await fakeGateway(context, replies(evaluationFixture))
  const out = join(folder, 'report.html')
  const argv = ['eval', 'spam@v1', '1.1', await file(lines), '--against', 'current', '--cases', '500', '--out', out]
  const ended = await run([...argv, '--require', 'accuracy>=95%', 'drop:accuracy<=0.01', 'latency-p95<=0.2s'])
  assert.equal(ended.code, 0, ended.notes)
  assert.deepEqual(asked[0]?.body, {
    ...{ model: 'spam', major: 'v1', version: '1.1', against: 'current', sample: 500 },
    cases: [
      { id: '1', input: { text: 'a' }, expected: 'ham' },
      { id: 'x', input: { text: 'b' } },
    ],
    require: { accuracy: { min: 0.95, drop: 0.01 }, 'latency-p95': { max: 200 } },
  })
  assert.deepEqual(ended.out.split('\n').slice(0, 6), [
    '1.1 agrees with the truth on 98 of 100 cases.',
    '',
    'MEASURE      1.1      INTERVAL (95 %)  1.0      DIFFERENCE  ITS INTERVAL      SHOWN',
    'accuracy     98 %     92 to 99.8 %     90 %     +8 points   +1 to +15 points  better',
    'latency-p95  12.5 ms                   11.1 ms',
    'cost         $0.002                    $0.001   +$0.001',
  ])
  assert.match(ended.out, /✓ accuracy 98 % is at least 95 %/)
  const page = await readFile(out, 'utf8')
  readMarkup(page)
  assert.match(page, /&lt;script&gt;/)
})

test('a bound that is not met makes the exit code 1, and so does an evaluation that ended early', async (context) => {
  const failed = { outcome: 'failed', words: 'accuracy 98 % is below 99 %' }
  const { run } = await fakeGateway(context, replies({ ...evaluationFixture, passed: false, bounds: [failed] }))
  const ended = await run(['eval', 'spam', '1.1', await file(lines)])
  assert.equal(ended.code, 1)
  assert.match(ended.out, /✗ accuracy 98 % is below 99 %/)
  const partial = { ...evaluationFixture, report: { ...evaluationFixture.report, partial: 'budget' } }
  assert.equal(
    (await (await fakeGateway(context, replies(partial))).run(['eval', 'spam', '1.1', await file(lines)])).code,
    1,
  )
  const broken = { ...queued, status: 'failed', fault: { code: 'unknown_version', detail: 'it is gone' } }
  const told = await (await fakeGateway(context, replies(broken))).run(['eval', 'spam', '1.1', await file(lines)])
  assert.deepEqual([told.code, told.notes.includes('could not begin: it is gone (unknown_version)')], [1, true])
})

test('what is wrong with a file or a bound is told by its place, before anything is sent', async (context) => {
  const { run, asked } = await fakeGateway(context, {})
  const table: readonly (readonly [string, RegExp])[] = [
    ['{"input": 1}\nnonsense\n', /:2 is no JSON object/],
    ['{"input": 1, "expcted": 2}', /:1 has the field "expcted"/],
    ['\n{"expected": 2}', /:2 has no "input"/],
    ['{"input": 1, "id": 7}', /:1 has an "id" that is no text/],
    ['\n', /holds no case/],
  ]
  for (const [text, expected] of table) {
    const { code, notes } = await run(['eval', 'spam', '1.1', await file(text)])
    assert.equal(code, 2)
    assert.match(notes, expected)
  }
  assert.match((await run(['eval', 'spam', '1.1'])).notes, /Name a file of JSON Lines/)
  assert.match((await run(['eval', 'spam', '1.1', 'none.jsonl'])).notes, /none\.jsonl cannot be read \(ENOENT\)/)
  for (const bound of ['accuracy', 'accuracy>0.9', 'accuracy>=x', 'drop:accuracy>=1%']) {
    const { code, notes } = await run(['eval', 'spam', '1.1', await file(lines), '--require', bound])
    assert.equal(code, 2)
    assert.match(notes, /is no bound\. Write one like accuracy>=0\.95/)
  }
  for (const [bound, told] of [
    ['latency-p95<=20%', /latency-p95 is not told in "%"\. Write an amount like 200ms\./],
    ['errors<=5ms', /errors is not told in "ms"\. Write an amount like 95%\./],
    ['tokens<=5usd', /tokens is not told in "usd"\. Write an amount like 20\./],
    ['cost<=1s', /cost is not told in "s"/],
  ] as const) {
    const { code, notes } = await run(['eval', 'spam', '1.1', await file(lines), '--require', bound])
    assert.equal(code, 2)
    assert.match(notes, told)
  }
  assert.deepEqual(asked, [])
})

test("what the gateway finds wrong with a case is told by the file's line", async (context) => {
  const detail = '/cases/1/input/text is missing'
  const reply = {
    status: 422,
    body: { code: 'invalid_input', detail, errors: [{ path: '/cases/1/input', message: 'x' }] },
  }
  const { run } = await fakeGateway(context, { 'POST /api/v1/evaluations': reply })
  const name = await file(lines)
  const { code, notes } = await run(['eval', 'spam', '1.1', name])
  assert.equal(code, 2)
  assert.ok(notes.includes(`${name}:3/input/text is missing`), notes)
})

test('replay asks for captured calls, and tells where nothing of their payloads is kept', async (context) => {
  const { report } = evaluationFixture
  const off = { case: 'call-1', distance: 1, call: 'call-9' }
  const replayed = { ...evaluationFixture, kind: 'replay', report: { ...report, disagreements: [off] } }
  const { run, asked } = await fakeGateway(context, replies(replayed))
  const { out, code } = await run(['replay', 'spam', '--since', '1d', '--to', '1.2', '--from-version', '1.1'])
  assert.equal(code, 0)
  assert.deepEqual(asked[0]?.body, {
    model: 'spam',
    version: '1.2',
    replay: { since: '1d', version: '1.1' },
    require: {},
  })
  assert.match(out, /call-1: 1 of 1 away, now asked by call-9/)
  const missing = await run(['replay', 'spam', '--since', '1d'])
  assert.deepEqual([missing.code, /--to/.test(missing.notes)], [2, true])
})

test('evaluations are listed, shown and cancelled', async (context) => {
  const { report: _, ...row } = evaluationFixture
  const path = `/api/v1/evaluations/${row.id}`
  const running = { ...row, status: 'running', passed: undefined, progress: { cases: 100, done: 40, failed: 2 } }
  const { run, asked } = await fakeGateway(context, {
    'GET /api/v1/evaluations': { body: { evaluations: [running, row] } },
    [`GET ${path}`]: { body: evaluationFixture },
    [`DELETE ${path}`]: { body: { id: row.id, model: 'spam', version: '1.1' } },
    [`POST ${path}/cancel`]: { body: running },
  })
  const { out } = await run(['evaluations', 'list', '--model', 'spam'])
  assert.match(out, /running: 40 of 100 cases, 2 failed .*\n.* done +yes /)
  assert.equal(asked[0]?.request, 'GET /api/v1/evaluations?model=spam')
  assert.match((await run(['evaluations', 'show', row.id])).out, /^1\.1 agrees with the truth/)
  assert.match((await run(['evaluations', 'cancel', row.id])).notes, /It ends with what it has/)
  assert.match((await run(['evaluations', 'delete', row.id])).notes, /It is deleted/)
  assert.equal(asked.at(-1)?.request, `DELETE ${path}`)
})
