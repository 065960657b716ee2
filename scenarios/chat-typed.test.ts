import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { type FakeVendor, startFakeVendor } from '../packages/gateway/src/backends/vendor/testing/fake-vendor.ts'
import { generateTypes } from '../packages/sdk/src/generate/index.ts'
import { runTsc } from '../packages/sdk/test/run-tsc.ts'
import { emptyModels, startTestGateway, type TestGateway } from './testing/start-test-gateway.ts'

const sdk = new URL('../packages/sdk/src/index.ts', import.meta.url).pathname
const types = new URL('../node_modules/@types', import.meta.url).pathname

const ask = (text: string) => ({ messages: [{ role: 'user', content: [{ type: 'text', text }] }] })
const tools = [{ name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } }]

/** What an engineer writes with the generated types: every kind of chunk is told apart by its type, and none can be forgotten. */
const program = `
import { type ChatV1Chunk, type ChatV1Input, createClient } from './models.ts'

const astra = createClient({ url: process.env.ASTRA_URL ?? '', key: process.env.ASTRA_KEY ?? '' })
const [model, input] = [process.argv[2], process.argv[3] ?? '{}']

function tell(chunk: ChatV1Chunk): string {
  switch (chunk.type) {
    case 'text-delta':
    case 'reasoning-delta':
      return chunk.text
    case 'reasoning-end':
      return chunk.signature ?? ''
    case 'tool-call-start':
      return \`\${chunk.tool} \`
    case 'tool-call-delta':
      return chunk.arguments
    case 'choice-end':
      return \` [\${chunk.finishReason}]\`
    default:
      return chunk satisfies never
  }
}

if (model === 'chat') {
  const request: ChatV1Input = JSON.parse(input)
  const stream = astra.models.chat.v1.stream(request)
  for await (const chunk of stream) process.stdout.write(tell(chunk))
  console.log(\` \${((await stream.usage).outputTokens ?? 0) > 0}\`)
  const { output } = await astra.models.chat.v1.predict(request)
  for (const part of output.choices[0]?.content ?? []) console.log(part.type === 'text' ? part.text : part.type)
} else {
  for await (const { text } of astra.models.tale.v1.stream({ prompt: input, stop: ['END'] })) process.stdout.write(text)
}
`

describe('chats and completions, streamed and typed', () => {
  let vendor: FakeVendor
  let gateway: TestGateway
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'astra-typed-'))
    vendor = await startFakeVendor({ protocol: 'openai' })
    const model = (name: string, task: string) =>
      `  ${name}:\n    owner: me\n    contracts:\n      v1:\n        task: ${task}\n        versions: { "1.0": { backend: openai, model: fake, replicas: ["${vendor.url}"] } }\n`
    const config = join(folder, 'astra.yaml')
    await writeFile(config, `models:\n${model('chat', 'chat')}${model('tale', 'completion')}`)
    gateway = await startTestGateway({ config, models: emptyModels })
  })
  after(async () => {
    await gateway.stop()
    await vendor.close()
    await rm(folder, { recursive: true })
  })

  /** The events of a response that is a stream, by their names. */
  const eventsOf = async (path: string, body: unknown): Promise<readonly (readonly [string, unknown])[]> => {
    const reply = await gateway.ask('POST', path, body, { headers: { accept: 'text/event-stream' } })
    assert.equal(reply.status, 200)
    return [...String(reply.body).matchAll(/^event: (.*)\ndata: ?(.*)$/gm)].map(([, event = '', data = '']) => {
      return [event, data === '' ? undefined : JSON.parse(data)] as const
    })
  }
  const nativeChunks = async (model: string, input: unknown) => {
    const events = await eventsOf(`/models/${model}/v1/predict`, { input })
    assert.deepEqual([events[0]?.[0], events.at(-1)?.[0]], ['answer-start', 'answer-end'])
    return events.filter(([event]) => event === 'chunk').map(([, chunk]) => chunk)
  }
  const graphqlChunks = async (model: string, chunk: string, input: unknown) => {
    const query = `subscription ($input: ${model === 'chat' ? 'ChatV1Input' : 'TaleV1Input'}!) {
      ${model}V1(input: $input) { type version ${chunk} usage { outputTokens } } }`
    const events = await eventsOf('/graphql', { query, variables: { input } })
    assert.equal(events.at(-1)?.[0], 'complete')
    const told = events.slice(0, -1).flatMap(([, next]) => Object.values((next as Next).data))
    assert.deepEqual([told[0]?.version, told.at(-1)?.type], ['1.0', 'answer-end'])
    assert.ok((told.at(-1)?.usage?.outputTokens ?? 0) > 0)
    // Fields that a kind of chunk does not have are null.
    const given = (of: object) => Object.fromEntries(Object.entries(of).filter(([, value]) => value !== null))
    return told.flatMap((event) => (event.chunk ? [given(event.chunk)] : []))
  }

  it('come as the same chunks from REST and by a GraphQL subscription', async () => {
    for (const input of [ask('Where is my parcel?'), { ...ask('use the tool'), tools }]) {
      const chunks = await nativeChunks('chat', input)
      assert.ok(chunks.length > 2)
      assert.deepEqual(
        await graphqlChunks('chat', 'chunk { type choice text id tool arguments finishReason }', input),
        chunks,
      )
    }
    const tale = await nativeChunks('tale', { prompt: 'Once upon a time' })
    assert.equal(tale.map((chunk) => (chunk as { text: string }).text).join(''), 'Once upon a time')
    const byGraphql = await graphqlChunks('tale', 'chunk { text }', { prompt: 'Once upon a time' })
    assert.deepEqual(
      byGraphql.map((chunk) => (chunk as { text: string }).text),
      tale.map((chunk) => (chunk as { text: string }).text),
    )
  })

  it('end in the error that upstream met, in each form, when they are cut', async () => {
    const native = await eventsOf('/models/chat/v1/predict', { input: ask('!cut it') })
    assert.partialDeepStrictEqual(native.at(-1), ['error', { code: 'upstream_failed' }])
    const query = 'subscription ($input: ChatV1Input!) { chatV1(input: $input) { chunk { text } } }'
    const events = await eventsOf('/graphql', { query, variables: { input: ask('!cut it') } })
    const told = { errors: [{ extensions: { code: 'upstream_failed' } }] }
    assert.partialDeepStrictEqual(events.slice(-2), [['next', told], ['complete']])
  })

  it('have types that an engineer can switch over, which compile and run', async () => {
    const { body } = await gateway.ask('GET', '/api/v1/contracts')
    await writeFile(join(folder, 'models.ts'), generateTypes(body, { importFrom: sdk }))
    const compile = async (code: string) => {
      await writeFile(join(folder, 'program.ts'), code)
      return runTsc(
        [
          ...['--ignoreConfig', '--noEmit', '--strict', '--noUncheckedIndexedAccess', '--exactOptionalPropertyTypes'],
          ...['--skipLibCheck', '--target', 'esnext', '--module', 'nodenext', '--allowImportingTsExtensions'],
          ...['--types', 'node', '--typeRoots', types, 'program.ts'],
        ],
        folder,
      ).output
    }
    await writeFile(join(folder, 'package.json'), '{"type":"module"}')
    assert.match(await compile(program.replace("'tool-call-start'", "'tool-call-begin'")), /tool-call-begin/)
    assert.match(
      await compile(program.replace(/case 'choice-end':\n.*\n/, '')),
      /never/,
      'a kind of chunk was forgotten',
    )
    assert.match(await compile(program.replace('stop: [', 'stopp: [')), /stopp/)
    assert.equal(await compile(program), '')

    const env = { ...process.env, ASTRA_URL: gateway.url, ASTRA_KEY: gateway.adminKey }
    const run = async (model: string, input: string) =>
      (await promisify(execFile)(process.execPath, [join(folder, 'program.ts'), model, input], { env })).stdout
    assert.equal(await run('chat', JSON.stringify(ask('Where?'))), 'Where? [stop] true\nWhere?\n')
    assert.equal(
      await run('chat', JSON.stringify({ ...ask('use the tool'), tools })),
      'weather {"city":"Paris"} [tool-calls] true\ntool-call\n',
    )
    assert.equal(await run('tale', 'Once upon a time'), 'Once upon a time')
  })
})

/** One event of a subscription, by its field. */
interface Next {
  readonly data: Readonly<Record<string, ChatEvent>>
}

interface ChatEvent {
  readonly type: string
  readonly version: string | null
  readonly chunk: object | null
  readonly usage: { readonly outputTokens: number } | null
}
