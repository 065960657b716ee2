import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fakeGateway } from '../fake-gateway.ts'

const change = { action: 'change', what: 'traffic spam@v1', before: '1.0=100', after: '1.1=100', breaking: false }
const removal = { action: 'remove', what: 'version spam@v1 1.0', breaking: true }
const plan = { revision: 7, valid: true, faults: [], changes: [change], openapiDiff: '', sdlDiff: '' }
const invalid = {
  ...plan,
  valid: false,
  changes: [],
  faults: [
    {
      code: 'invalid_manifest',
      path: 'models.spam.ownr',
      message: 'is not a field',
      suggestion: 'Did you mean "owner"?',
      line: 12,
    },
    { code: 'breaking_change', path: '', message: 'Something larger.' },
  ],
}
const applied = { revision: 8, changes: [change] }

async function setUp(context: TestContext, planned: object, put: object = { body: applied }) {
  const folder = await mkdtemp(join(tmpdir(), 'astra-cli-'))
  context.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'astra.yaml')
  await writeFile(file, 'models: {}\n')
  const gateway = await fakeGateway(context, {
    'POST /api/v1/manifest/plan': { body: planned },
    'PUT /api/v1/manifest': put as { body: unknown },
  })
  return { ...gateway, file }
}

const changes = `~ change traffic spam@v1: 1.0=100 -> 1.1=100
- remove version spam@v1 1.0  (breaking)
`

test('plan shows the changes a bounded diff and a summary, and asks with the manifest and its name', async (context) => {
  const diffs = { openapiDiff: '--- a\n-old\n', sdlDiff: '+type Spam\n'.repeat(42) }
  const { run, asked, file } = await setUp(context, { ...plan, changes: [change, removal], ...diffs })
  const { code, out } = await run(['plan', file])
  assert.equal(code, 0)
  const summary = '2 changes to revision 7: 1 change breaks callers.\n'
  assert.equal(out, `${changes}\nGraphQL\n${'+type Spam\n'.repeat(40)}… 2 more lines: --diff\n\n${summary}`)
  const whole = `${changes}\nOpenAPI\n--- a\n-old\n\n\nGraphQL\n${diffs.sdlDiff}\n${summary}`
  assert.equal((await run(['plan', file, '--diff'])).out, whole)
  assert.equal((await run(['apply', file, '--diff', '--yes'])).out, whole)
  assert.equal((await run(['apply', file, '--yes'])).out, changes + summary)
  assert.deepEqual(asked[0]?.body, { file, yaml: 'models: {}\n' })
})

test('notes stand before the summary, and hold nothing up', async (context) => {
  const { run, file } = await setUp(context, { ...plan, notes: ['prices.a: no version has this upstream model'] })
  for (const argv of [
    ['plan', file],
    ['apply', file],
  ]) {
    const { code, out } = await run(argv)
    assert.equal(code, 0)
    assert.match(out, /\nNote: prices\.a: no version has this upstream model\n1 change to revision 7/)
  }
})

test('plan breaks no caller: 0; one that does: 1 with --fail-on-breaking only', async (context) => {
  const harmless = await setUp(context, plan)
  const { code, out } = await harmless.run(['plan', harmless.file, '--fail-on-breaking'])
  assert.equal(code, 0)
  assert.match(out, /\n1 change to revision 7: breaks no caller\.\n$/)
  const harmful = await setUp(context, { ...plan, changes: [removal, removal] })
  const argv = ['plan', harmful.file, '--json']
  assert.equal((await harmful.run(argv)).code, 0)
  const failing = await harmful.run([...argv, '--fail-on-breaking'])
  assert.deepEqual([failing.code, JSON.parse(failing.out).changes.length], [1, 2])
  assert.match((await harmful.run(['plan', harmful.file])).out, /2 changes break callers\.\n$/)
})

test('colours are for terminals', async (context) => {
  const { run, file } = await setUp(context, plan)
  assert.ok((await run(['plan', file], { colours: true })).out.startsWith('\u001b[33m~ change'))
  assert.equal((await run(['plan', file])).out.includes('\u001b'), false)
})

test('1 for a manifest that is not valid: each fault with its line, and apply sends nothing', async (context) => {
  const { run, asked, file } = await setUp(context, invalid)
  for (const command of ['plan', 'apply']) {
    const { code, out, notes } = await run([command, file])
    assert.deepEqual([code, notes], [1, ''])
    assert.equal(
      out,
      `${file}:12: models.spam.ownr: is not a field. Did you mean "owner"?
${file}: Something larger.
Not valid: 2 faults. Nothing was changed.
`,
    )
  }
  const json = await run(['apply', file, '--json'])
  assert.deepEqual([json.code, JSON.parse(json.out)], [1, invalid])
  assert.equal(
    asked.some(({ request }) => request.startsWith('PUT')),
    false,
  )
})

test('apply sends the revision that was planned against', async (context) => {
  const { run, asked, file } = await setUp(context, plan)
  const { code, notes } = await run(['apply', file])
  assert.equal(code, 0)
  assert.match(notes, /^Applied: revision 8\.\n$/)
  assert.equal(asked[1]?.headers['if-match'], '"7"')
  assert.deepEqual(asked[1]?.body, asked[0]?.body)
  const json = await run(['apply', file, '--json'])
  assert.deepEqual([json.code, JSON.parse(json.out), json.notes], [0, applied, ''])
})

test('apply writes nothing where there is nothing to change', async (context) => {
  const { run, asked, file } = await setUp(context, { ...plan, changes: [] })
  const { code, out } = await run(['apply', file])
  assert.deepEqual([code, out, asked.length], [0, 'Nothing to change at revision 7.\n', 1])
})

test('apply asks before it breaks callers, where somebody sits there; --yes skips it', async (context) => {
  const { run, asked, file } = await setUp(context, { ...plan, changes: [removal] })
  const questions: string[] = []
  const no = async (question: string) => questions.push(question) === 0
  const declined = await run(['apply', file], { confirm: no })
  assert.deepEqual([declined.code, asked.length], [1, 1])
  assert.deepEqual(questions, ['This breaks callers: remove version spam@v1 1.0. Apply it?'])
  assert.equal((await run(['apply', file], { confirm: async () => true })).code, 0)
  assert.equal((await run(['apply', file, '--yes'], { confirm: no })).code, 0)
  assert.equal(questions.length, 1)
})

test('1 where nobody sits to be asked whether callers may break: nothing is sent', async (context) => {
  const { run, asked, file } = await setUp(context, { ...plan, changes: [removal] })
  for (const argv of [
    ['apply', file],
    ['apply', file, '--json'],
  ]) {
    const { code, notes } = await run(argv)
    assert.equal(code, 1)
    assert.match(notes, /^This breaks callers: remove version spam@v1 1\.0\. Nothing was changed; give --yes/)
  }
  assert.deepEqual(
    asked.map(({ request }) => request.slice(0, 3)),
    Array(2).fill('POS'),
  )
})

test('1 when the state moved on between plan and apply', async (context) => {
  const body = {
    code: 'precondition_failed',
    detail: 'The catalog stands at revision 8, not at 7',
    next: 'Read it again.',
  }
  const { run, file } = await setUp(context, plan, { status: 412, body })
  const { code, notes } = await run(['apply', file])
  assert.equal(code, 1)
  assert.match(notes, /stands at revision 8, not at 7 \(precondition_failed\)\nRead it again\.\n$/)
})

test('the manifest is ASTRA_CONFIG, else astra.yaml; 2 when it cannot be read, and "-" is stdin', async (context) => {
  const { run, asked, listen, file } = await setUp(context, plan)
  const env = { ASTRA_LISTEN: listen, ASTRA_KEY: 'astra_test' }
  assert.equal((await run(['plan'], { env: { ...env, ASTRA_CONFIG: file } })).code, 0)
  assert.equal((await run(['plan', '-'], { stdin: 'a: 1' })).code, 0)
  assert.deepEqual(asked[1]?.body, { file: 'stdin', yaml: 'a: 1' })
  const missing = await run(['plan'], { env: { ...env, ASTRA_CONFIG: `${file}.none` } })
  assert.equal(missing.code, 2)
  assert.match(missing.notes, /cannot be read \(ENOENT\)/)
})
