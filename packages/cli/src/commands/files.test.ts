import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fakeGateway } from '../fake-gateway.ts'

const contracts = {
  astra: 'contracts/1',
  revision: 7,
  models: {
    spam: {
      owner: 'mail',
      default: 'v1',
      contracts: {
        v1: {
          revision: 1,
          task: 'custom',
          streams: false,
          input: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
          output: { type: 'object', properties: { label: { type: 'string' } }, required: ['label'] },
          examples: [],
        },
      },
    },
  },
}

async function setUp(context: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'astra-cli-'))
  context.after(() => rm(folder, { recursive: true }))
  const gateway = await fakeGateway(context, {
    'GET /api/v1/contracts': { body: contracts },
    'GET /api/v1/manifest': { body: { yaml: 'models: {}\n', revision: 7 } },
  })
  return { ...gateway, file: (name: string) => join(folder, name) }
}

test('export writes the manifest to stdout, or to a file', async (context) => {
  const { run, file } = await setUp(context)
  assert.deepEqual(await run(['export']), { code: 0, out: 'models: {}\n', notes: '' })
  const { out, notes } = await run(['export', '--out', file('astra.yaml')])
  assert.deepEqual([out, notes], ['', `Wrote revision 7 to ${file('astra.yaml')}.\n`])
  assert.equal(await readFile(file('astra.yaml'), 'utf8'), 'models: {}\n')
})

test('2 when a file cannot be written', async (context) => {
  const { run, file } = await setUp(context)
  const { code, notes } = await run(['export', '--out', file('no/such/folder.yaml')])
  assert.equal(code, 2)
  assert.match(notes, /cannot be written \(ENOENT\)/)
})

test('generate writes the contract file, and from it the same types as from the gateway, with no gateway', async (context) => {
  const { run, asked, file } = await setUp(context)
  await run(['generate', '--contracts', file('astra.contracts.json')])
  assert.deepEqual(JSON.parse(await readFile(file('astra.contracts.json'), 'utf8')), contracts)
  assert.equal((await run(['generate', '--out', file('live.ts')])).code, 0)
  const count = asked.length
  const offline = await run(['generate', '--from', file('astra.contracts.json'), '--out', file('offline.ts')], {
    env: {},
  })
  assert.equal(offline.code, 0)
  assert.equal(asked.length, count)
  const types = await readFile(file('live.ts'), 'utf8')
  assert.match(types, /export interface Models/)
  assert.equal(await readFile(file('offline.ts'), 'utf8'), types)
})

test('export asks before it overwrites, and refuses where nobody can be asked; --yes skips it', async (context) => {
  const { run, asked, file } = await setUp(context)
  const out = file('astra.yaml')
  await writeFile(out, '# by hand\n')
  const refused = await run(['export', '--out', out])
  const declined = await run(['export', '--out', out], { confirm: async () => false })
  assert.deepEqual([refused.code, declined.code, asked.length], [1, 1, 0])
  assert.match(refused.notes, /is there already\. Nothing was changed; give --yes/)
  assert.equal(await readFile(out, 'utf8'), '# by hand\n')
  assert.equal((await run(['export', '--out', out], { confirm: async () => true })).code, 0)
  assert.equal((await run(['export', '--out', out, '--yes'])).code, 0)
  assert.equal(await readFile(out, 'utf8'), 'models: {}\n')
})

test('2 when two places to write to are named', async (context) => {
  const { run, asked, file } = await setUp(context)
  for (const argv of [
    ['generate', '--json', '--out', file('x.ts')],
    ['generate', '--json', '--contracts', file('x.json')],
    ['export', '--json', '--out', file('x.yaml')],
  ]) {
    const { code, notes } = await run(argv)
    assert.equal(code, 2)
    assert.match(notes, /--json/)
  }
  assert.deepEqual(asked, [])
})

test('generate refuses what is no contract file', async (context) => {
  const { run, file } = await setUp(context)
  const missing = await run(['generate', '--from', file('none.json')])
  assert.equal(missing.code, 2)
  assert.match(missing.notes, /none\.json is no contract file/)
  await run(['export', '--out', file('astra.yaml')])
  assert.equal((await run(['generate', '--from', file('astra.yaml')])).code, 2)
})
