import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { providers as gatewayProviders } from '../../../gateway/src/backends/provider/providers.ts'
import { type FakeReply, fakeGateway } from '../fake-gateway.ts'
import { providers } from '../model-draft.ts'

const manifest = `# ours
models:
  spam: # the first
    owner: mail
    contracts: {v1: {versions: {"1.0": {}}}}

# who calls
consumers:
  demo: {}
`
const plan = { valid: true, revision: 3, faults: [], changes: [{ action: 'add', what: 'model chat' }] }

async function setUp(context: TestContext, replies: Readonly<Record<string, FakeReply>> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'astra-cli-'))
  context.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'astra.yaml')
  await writeFile(file, manifest)
  const gateway = await fakeGateway(context, replies)
  const add = (...flags: string[]) => gateway.run(['add', 'chat', '--config', file, '--owner', 'me', ...flags])
  return { ...gateway, file, add, read: () => readFile(file, 'utf8') }
}

const openai = ['--backend', 'openai', '--model', 'gpt-4o-mini']
const groq = ['--backend', 'provider', '--provider', 'groq', '--model', 'g']
const chat = `
  chat:
    owner: me
    contracts:
      v1:
        task: chat
        versions:
          "1.0": { backend: openai, model: gpt-4o-mini }
`

test('add puts a model behind the others, touches nothing else, and asks no gateway', async (context) => {
  const { add, read, asked, file } = await setUp(context)
  const { code, out, notes } = await add(...openai)
  assert.deepEqual([code, out, asked.length], [0, chat.slice(1), 0])
  assert.equal(notes, `Wrote chat to ${file}.\nNext: astraapi apply ${file}\n`)
  assert.equal(await read(), manifest.replace('\n# who calls', `${chat}\n# who calls`))
})

test('add makes the manifest where there is none', async (context) => {
  const { add, read, file } = await setUp(context)
  await rm(file)
  assert.equal((await add(...openai)).code, 0)
  assert.equal(await read(), `models:${chat}`)
})

test('--apply writes the manifest once the gateway has taken it', async (context) => {
  const { add, read, asked, file } = await setUp(context, {
    'POST /api/v1/manifest/plan': { body: plan },
    'PUT /api/v1/manifest': { body: { revision: 4 } },
  })
  const { code, notes } = await add(...openai, '--apply')
  assert.equal(code, 0)
  assert.match(notes, /Applied: revision 4\.\nWrote chat.*\nCall it: astraapi predict chat --text/)
  const [planned, applied] = asked
  assert.deepEqual(planned?.body, { file, yaml: await read() })
  assert.deepEqual(applied?.body, planned?.body)
})

test('--apply leaves the manifest alone when the gateway refuses', async (context) => {
  const faults = [{ path: 'models.chat', message: 'The environment variable OPENAI_API_KEY is not set', line: 9 }]
  const { add, read, asked, file } = await setUp(context, {
    'POST /api/v1/manifest/plan': { body: { ...plan, valid: false, faults } },
  })
  const { code, out, notes } = await add(...openai, '--apply')
  assert.deepEqual([code, asked.length, await read()], [1, 1, manifest])
  assert.match(out, /astra\.yaml:9: models\.chat: .* OPENAI_API_KEY is not set/)
  assert.equal(notes, `${file} was not changed. Line numbers are those with the lines above in it.\n`)
})

test('--dry-run shows the lines and writes nothing', async (context) => {
  const { add, read } = await setUp(context)
  const { code, out } = await add(...openai, '--dry-run')
  assert.deepEqual([code, out, await read()], [0, chat.slice(1), manifest])
})

test('a manifest that is not there is made, and either way that is said', async (context) => {
  const { run, file } = await setUp(context)
  const typo = `${file}.typo`
  const add = (...flags: string[]) => run(['add', 'chat', '--config', typo, ...openai, ...flags])
  assert.equal(
    (await add('--dry-run')).notes,
    `${typo} does not exist and would be made of these lines; nothing was written.\n`,
  )
  await assert.rejects(readFile(typo), { code: 'ENOENT' })
  assert.match((await add()).notes, /^Made .*astra\.yaml\.typo, with chat\.\n/)
})

test('the vendors of --backend provider are those that the gateway knows, with what each serves', () => {
  const known = Object.entries(gatewayProviders).map(([name, { embeds }]) => [
    name,
    embeds ? ['chat', 'embedding'] : ['chat'],
  ])
  assert.deepEqual(providers, Object.fromEntries(known))
})

test('who came through npm is told what to run there', async (context) => {
  const { run, file, listen } = await setUp(context)
  const env = { ASTRA_LISTEN: listen, npm_lifecycle_event: 'astraapi' }
  const { notes } = await run(['add', 'chat', '--config', file, ...openai], { env })
  assert.match(notes, /\nNext: npm run -s astraapi -- apply .*\n$/)
})

test('what is shown next goes to the same gateway', async (context) => {
  const { add } = await setUp(context)
  const { notes } = await add(...openai, '--listen', '127.0.0.1:8913', '--data', "it's mine")
  assert.match(notes, /\nNext: astraapi apply .*\.yaml --listen 127\.0\.0\.1:8913 --data 'it'\\''s mine'\n$/)
})

test('every setting has its flag', async (context) => {
  const { add } = await setUp(context)
  const versionOf = async (...flags: string[]) => /"1\.0": (.*)/.exec((await add(...flags, '--dry-run')).out)?.[1]
  const replicas = ['--replica', 'http://a:1/v1', '--replica', 'http://b:1/v1']
  assert.equal(
    await versionOf(...openai, ...replicas, '--vendor', 'vllm', '--api-key-env', 'OUR_KEY'),
    '{ backend: openai, model: gpt-4o-mini, vendor: vllm, apiKey: { env: OUR_KEY }, replicas: [ http://a:1/v1, http://b:1/v1 ] }',
  )
  assert.equal(
    await versionOf('--backend', 'provider', '--provider', 'google', '--model', 'g', '--api-key-file', '/run/key'),
    '{ backend: provider, provider: google, model: g, apiKey: { file: /run/key } }',
  )
  assert.equal(await versionOf('--backend', 'oip'), '{ backend: oip }')
})

test('1 for a model that is there already, and for what is no manifest', async (context) => {
  const { add, file, run } = await setUp(context)
  const again = await run(['add', 'spam', '--config', file, ...openai])
  assert.equal(again.code, 1)
  assert.match(again.notes, /has a model "spam" already\. Add a version to it/)
  for (const [text, said] of [
    ['models: [', /is not YAML/],
    ['models:\n  a: *nowhere\n', /is not YAML.*nowhere/],
    ['- a\n', /is no manifest/],
    ['models: 7\n', /is no manifest/],
  ] as const) {
    await writeFile(file, text)
    const { code, notes } = await add(...openai)
    assert.equal(code, 1)
    assert.match(notes, said)
    assert.equal(await readFile(file, 'utf8'), text)
  }
})

test('2 for flags that are missing, mistaken or at odds; nothing is written', async (context) => {
  const { add, read, run } = await setUp(context)
  for (const [flags, said] of [
    [[], /Give --backend openai, anthropic, provider or oip/],
    [['--backend', 'openai'], /needs --model/],
    [['--backend', 'provider', '--model', 'g'], /needs --provider google, vertex, .* or deepseek/],
    [['--backend', 'provider', '--provider', 'gogle', '--model', 'g'], /no provider "gogle".*google, vertex/],
    [[...groq, '--task', 'embedding'], /--provider groq serves chat, not "embedding"/],
    [[...openai, '--replica', 'localhost:11434/v1'], /no address.*Did you mean http:\/\/localhost:11434\/v1\?/],
    [[...openai, '--replica', 'ftp://host/v1'], /no address: give http/],
    [['--backend', 'opnai', '--model', 'g'], /no backend "opnai".*openai, anthropic, provider or oip/],
    [['--backend', 'anthropic', '--model', 'c', '--task', 'embedding'], /serves chat, not "embedding"/],
    [['--backend', 'provider', '--provider', 'google', '--model', 'g', '--replica', 'http://a'], /takes no --replica/],
    [[...openai, '--modle', 'x'], /Did you mean --model\?/],
    [[...openai, '--apply', '--dry-run'], /one of them/],
    [[...openai, '--json'], /with --apply/],
    [[...openai, '--api-key-env', 'A', '--api-key-file', '/b'], /one of them/],
  ] as const) {
    const { code, notes } = await add(...flags)
    assert.equal(code, 2, flags.join(' '))
    assert.match(notes, said)
  }
  assert.equal((await run(['add', 'Support Chat', ...openai])).code, 2)
  assert.equal(await read(), manifest)
})

test('a key is never taken, and never repeated', async (context) => {
  const { add, read } = await setUp(context)
  for (const flags of [
    ['--api-key', 'sk-secret'],
    ['--api-key=sk-secret'],
    ['--api-key-env', 'sk-secret'],
    ['--api-key-env=sk-secret'],
  ]) {
    const { code, out, notes } = await add(...openai, ...flags)
    assert.equal(code, 2)
    assert.match(notes, /--api-key-env/)
    assert.doesNotMatch(out + notes + (await read()), /secret/)
  }
})
