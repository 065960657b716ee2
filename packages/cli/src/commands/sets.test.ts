import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type FakeReply, fakeGateway } from '../fake-gateway.ts'

const set = {
  ...{ name: 'heldout.jsonl', digest: `sha256:${'1'.repeat(64)}`, cases: 2, expected: 1, bytes: 77 },
  ...{ time: '2026-11-22T12:00:00.000Z', by: 'key_1' },
}
const lines = '{"input":{"text":"a"},"expected":"spam"}\n{"id":"b","input":{"text":"b"}}\n'
const cases = [
  { id: '1', input: { text: 'a' }, expected: 'spam' },
  { id: 'b', input: { text: 'b' } },
]
const digest = `sha256:${hash('sha256', cases.map((one) => JSON.stringify(one)).join('\n'))}`

async function setUp(context: TestContext, replies: Readonly<Record<string, FakeReply>>, file = lines) {
  const folder = await mkdtemp(join(tmpdir(), 'astra-cli-'))
  context.after(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'heldout.jsonl'), file)
  return { folder, ...(await fakeGateway(context, replies)) }
}

test('sets put sends the cases of a file, or of stdin', async (context) => {
  const { folder, asked, run } = await setUp(context, { 'PUT /api/v1/sets/mail%2Fheldout': { body: set } })
  const put = await run(['sets', 'put', 'mail/heldout', join(folder, 'heldout.jsonl')])
  assert.deepEqual([put.code, put.notes], [0, 'Kept as heldout.jsonl: 2 cases, 1 of them with "expected".\n'])
  await run(['sets', 'put', 'mail/heldout', '-'], { stdin: lines })
  assert.deepEqual(
    asked.map(({ body }) => body),
    [{ cases }, { cases }],
  )
})

test('sets lists what is kept, shows cases as JSON Lines, and deletes', async (context) => {
  const { run, asked } = await setUp(context, {
    'GET /api/v1/sets': { body: { sets: [set] } },
    'GET /api/v1/sets/heldout.jsonl': { body: { ...set, page: cases.slice(0, 1), next: 1 } },
    'DELETE /api/v1/sets/heldout.jsonl': { body: { name: 'heldout.jsonl' } },
  })
  assert.match((await run(['sets'])).out, /heldout\.jsonl {2,}2 {2,}1 {2,}77/)
  const shown = await run(['sets', 'show', 'heldout.jsonl', '--limit', '1'])
  assert.deepEqual([shown.out, shown.notes], [`${JSON.stringify(cases[0])}\n`, '1 more: --from 1\n'])
  assert.equal((await run(['sets', 'delete', 'heldout.jsonl'])).notes, 'Deleted heldout.jsonl.\n')
  assert.equal(asked[1]?.request, 'GET /api/v1/sets/heldout.jsonl?limit=1')
})

const planned = {
  contract: 'spam@v1',
  version: '1.1',
  data: 'heldout.jsonl',
  cases: 2,
  require: 'accuracy at least 95 %',
}
const passed = { at: '2026-11-22T12:00:00.000Z', words: 'accuracy 98.6 % is at least 95 %' }
const plan = {
  ...{ revision: 7, valid: true, faults: [], openapiDiff: '', sdlDiff: '', gates: [planned] },
  changes: [{ action: 'add', what: 'version spam@v1 1.1', breaking: false }],
}
const yaml =
  'models: {spam: {contracts: {v1: {gates: [{data: ./heldout.jsonl}, {data: kept}, {data: ./missing.jsonl}]}}}}\n'

async function withManifest(
  context: TestContext,
  kept: readonly object[],
  replies: Readonly<Record<string, FakeReply>>,
) {
  const bed = await setUp(context, {
    'GET /api/v1/sets': { body: { sets: kept } },
    'PUT /api/v1/sets/heldout.jsonl': { body: set },
    'POST /api/v1/manifest/plan': { body: plan },
    ...replies,
  })
  const file = join(bed.folder, 'astra.yaml')
  await writeFile(file, yaml)
  return { ...bed, file }
}

const requests = (asked: readonly { readonly request: string }[]) => asked.map(({ request }) => request)

test('plan says what apply would put of the files that gates name, puts nothing, and says which gates will run', async (context) => {
  const { run, asked, file } = await withManifest(context, [], {})
  const { code, out, notes } = await run(['plan', file])
  assert.equal(code, 0)
  assert.deepEqual(requests(asked), ['GET /api/v1/sets', 'POST /api/v1/manifest/plan'])
  const sets = [{ name: 'heldout.jsonl', digest, cases: 2, expected: 1 }]
  assert.deepEqual(asked[1]?.body, { file, yaml, sets })
  assert.equal(notes, 'To be put by apply: ./heldout.jsonl: 2 cases.\n')
  assert.match(out, /Gate of spam@v1 on heldout\.jsonl: 1\.1 will be asked 2 cases \(accuracy at least 95 %\)\n/)
})

test('plan says how often a gate was missed before, of one that was passed in the end too', async (context) => {
  const gates = [{ ...planned, missed: 1 }, { ...planned, passed, missed: 3 }] // biome-ignore format: side by side
  const { run, file } = await withManifest(context, [], {
    'POST /api/v1/manifest/plan': { body: { ...plan, gates } },
  })
  const { out } = await run(['plan', file])
  assert.match(out, /will be asked 2 cases \(accuracy at least 95 %; missed once before\)\n/)
  assert.match(out, /passed it on .* \(accuracy 98\.6 % is at least 95 %; missed 3 times before\)\n/)
})

test('a file that is kept already is not sent again, and of one that is missing the set that is kept is taken, which is said', async (context) => {
  const { run, asked, file } = await withManifest(
    context,
    [
      { ...set, digest },
      { ...set, name: 'missing.jsonl' },
    ],
    {},
  )
  const { notes } = await run(['plan', file])
  assert.deepEqual(requests(asked), ['GET /api/v1/sets', 'POST /api/v1/manifest/plan'])
  assert.equal(
    notes,
    './missing.jsonl is no file beside the manifest: the set that is kept under this name is taken.\n',
  )
})

test('apply says that gates run, then what they came to', async (context) => {
  const applied = { revision: 8, changes: plan.changes, gates: [{ ...planned, passed, missed: 1 }] }
  const { run, file } = await withManifest(context, [{ ...set, digest }], { 'PUT /api/v1/manifest': { body: applied } })
  const { code, notes } = await run(['apply', file])
  assert.equal(code, 0)
  assert.equal(
    notes,
    'Running a gate …\nspam@v1 1.1 passed heldout.jsonl: accuracy 98.6 % is at least 95 %; missed once before\nApplied: revision 8.\n',
  )
})

test('apply puts files once the plan is sound, in place of which others, and before gates run', async (context) => {
  const applied = { revision: 8, changes: plan.changes, gates: [] }
  const kept = [{ ...set, cases: 400 }]
  const { run, asked, file } = await withManifest(context, kept, { 'PUT /api/v1/manifest': { body: applied } })
  const { code, notes } = await run(['apply', file])
  assert.equal(code, 0)
  assert.deepEqual(requests(asked), [
    'GET /api/v1/sets',
    'POST /api/v1/manifest/plan',
    'PUT /api/v1/sets/heldout.jsonl',
    'PUT /api/v1/manifest',
  ])
  assert.deepEqual([asked[2]?.body, asked[3]?.body], [{ cases }, { file, yaml }])
  assert.match(notes, /^Put \.\/heldout\.jsonl: 2 cases, in place of 400 others that are kept\.\nRunning a gate/)
  const faulty = { 'POST /api/v1/manifest/plan': { body: { ...plan, valid: false } } }
  const refused = await withManifest(context, kept, faulty)
  assert.equal((await refused.run(['apply', refused.file])).code, 1)
  assert.deepEqual(requests(refused.asked), ['GET /api/v1/sets', 'POST /api/v1/manifest/plan'])
})

test('1 when a version does not pass: each bound with its line, and what to do', async (context) => {
  const path = 'models.spam.contracts.v1.gates.0.require.accuracy'
  const message = '1.1 did not pass: accuracy 89.7 % is below 95 % (3,110 cases of heldout.jsonl)'
  const suggestion = 'Look at the cases that it was furthest off: 10, 33.'
  const problem = {
    ...{ code: 'gate_failed', title: 'A version did not pass its gate', detail: `${path}: ${message}` },
    ...{ next: 'Mend the version, or change its gate, and apply again; nothing was applied.' },
    errors: [{ path, message, suggestion, line: 12 }],
  }
  const { run, file } = await withManifest(context, [{ ...set, digest }], {
    'PUT /api/v1/manifest': { status: 422, body: problem },
  })
  const { code, notes } = await run(['apply', file])
  assert.equal(code, 1)
  assert.equal(
    notes,
    `Running a gate …\n${file}:12: ${path}: ${message}. ${suggestion}\nMend the version, or change its gate, and apply again; nothing was applied. (gate_failed)\n`,
  )
})

test('2 when a line of a gate file is no case, and nothing is sent', async (context) => {
  const { run, asked, file, folder } = await withManifest(context, [], {})
  await writeFile(join(folder, 'heldout.jsonl'), '{"input":1}\nroot:secret\n')
  const { code, notes } = await run(['apply', file])
  assert.equal(code, 2)
  assert.ok(notes.startsWith(`${join(folder, 'heldout.jsonl')}:2 is no JSON object`), notes)
  assert.equal(notes.includes('secret'), false)
  assert.deepEqual(requests(asked), ['GET /api/v1/sets'])
})
