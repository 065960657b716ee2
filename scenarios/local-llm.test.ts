import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type SpawnedRuntime, spawnRuntime } from './testing/spawn-runtime.ts'
import { emptyModels, startTestGateway, type TestGateway } from './testing/start-test-gateway.ts'
import { waitUntil } from './testing/wait-until.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const file = resolve(root, process.env.ASTRA_TEST_GGUF ?? '../shared/models/tinystories-260k.gguf')
const engine = process.env.ASTRA_RUNTIME_ENGINE ?? join(root, 'engines/llama')
const missing = !existsSync(join(engine, 'node_modules/node-llama-cpp'))
  ? 'the local engine is not installed: npm run engine'
  : !existsSync(file) && 'there is no GGUF file: name one with ASTRA_TEST_GGUF'

const manifest = (runtime: string) => `
models:
  story-chat:
    owner: story-team
    contracts:
      v1: { task: chat, versions: { "1.0": { model: story, replicas: ["${runtime}"] } } }
  story:
    owner: story-team
    contracts:
      v1: { task: completion, versions: { "1.0": { replicas: ["${runtime}"] } } }
consumers:
  tests: {}
`

const chat = {
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Tell me a story.' }] }],
  temperature: 0,
}

describe('a GGUF file behind the gateway', { skip: missing }, () => {
  let folder: string
  let gateway: TestGateway
  let runtime: SpawnedRuntime
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'astra-gguf-'))
    const version = join(folder, 'models/story/1.0')
    await mkdir(version, { recursive: true })
    await symlink(file, join(version, 'model.gguf'))
    // More than it was trained for: what nobody stops goes on for seconds.
    await writeFile(join(version, 'serving.json'), '{"generation": {"contextSize": 2048, "sequences": 2}}')
    runtime = await spawnRuntime(join(folder, 'models'))
    await writeFile(join(folder, 'astra.yaml'), manifest(runtime.url))
    gateway = await startTestGateway({ config: join(folder, 'astra.yaml'), models: emptyModels })
  })
  after(async () => {
    await gateway?.stop()
    await runtime?.close()
    await rm(folder, { recursive: true, force: true })
  })

  const predict = (model: string, input: unknown) => gateway.ask('POST', `/models/${model}/v1/predict`, { input })

  function stream(input: unknown, signal?: AbortSignal): Promise<Response> {
    return fetch(`${gateway.url}/models/story-chat/v1/predict`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${gateway.adminKey}`,
        'content-type': 'application/json',
        accept: 'text/event-stream',
      },
      body: JSON.stringify({ input }),
      ...(signal ? { signal } : {}),
    })
  }

  /** What the runtime tells: calls that wait or run; generations that its worker is done with. */
  async function counted(metric: 'waiting' | 'batch_rows_count'): Promise<number> {
    const text = await (await fetch(`${runtime.url}/metrics`)).text()
    const [, count = 'none'] = new RegExp(`^astra_runtime_${metric}\\{.*\\} (\\d+)$`, 'm').exec(text) ?? []
    return Number(count)
  }

  it('writes on from a text, the same each time at temperature 0, and its tokens are counted', async () => {
    const input = { prompt: 'Once upon a time', outputTokensMax: 12, temperature: 0 }
    const { status, body } = await predict('story', input)
    assert.equal(status, 200, JSON.stringify(body))
    assert.equal(body.output.finishReason, 'length')
    assert.ok(body.output.text.length > 0)
    assert.equal(body.usage.outputTokens, 12)
    assert.deepEqual((await predict('story', input)).body.output, body.output)
  })

  it('streams a chat to its end: the chunks are the whole answer', async () => {
    const input = { ...chat, outputTokensMax: 30 }
    const whole = await predict('story-chat', input)
    assert.equal(whole.status, 200, JSON.stringify(whole.body))
    const [choice] = whole.body.output.choices
    const reply = await stream(input)
    assert.match(reply.headers.get('content-type') ?? '', /^text\/event-stream/)
    const text = await reply.text()
    const chunks = chunksOf(text)
    const deltas = chunks.filter(({ type }) => type === 'text-delta')
    assert.ok(deltas.length > 5, text)
    assert.equal(deltas.map((chunk) => chunk.text).join(''), choice.content[0].text)
    assert.deepEqual(chunks.at(-1), { type: 'choice-end', choice: 0, finishReason: choice.finishReason })
    assert.match(text, /"outputTokens":30/)
  })

  it('streams two at once, by the generate extension of the runtime itself', async () => {
    const body = JSON.stringify({ text_input: 'One day', parameters: { max_tokens: 200, temperature: 0 } })
    const open = () => fetch(`${runtime.url}/v2/models/story/generate_stream`, { method: 'POST', body })
    // Both have begun before either is read to its end.
    const replies = await Promise.all([open(), open()])
    assert.equal(await counted('waiting'), 2)
    for (const reply of replies) {
      const events = (await reply.text()).split('\n\n').filter(Boolean)
      const last = JSON.parse(events.at(-1)?.slice('data: '.length) ?? '')
      assert.deepEqual([last.finish_reason, last.usage.output_tokens], ['length', 200])
    }
  })

  for (const [door, path, end] of [
    ['OpenAI', '/openai/v1/chat/completions', /data: \[DONE\]\s*$/],
    ['Anthropic', '/anthropic/v1/messages', /event: message_stop\s+data: .*\s*$/],
  ] as const) {
    it(`streams through the ${door} door, with what it used`, async () => {
      const messages = [{ role: 'user', content: 'Tell me a story.' }]
      const { status, body } = await gateway.ask('POST', path, {
        model: 'story-chat',
        messages,
        max_tokens: 9,
        stream: true,
        ...(door === 'OpenAI' && { stream_options: { include_usage: true } }),
      })
      assert.equal(status, 200, JSON.stringify(body))
      assert.match(body, /"(completion|output)_tokens":9\b/)
      assert.match(body, end)
    })
  }

  it('keeps an answer to a JSON Schema', async () => {
    const schema = { type: 'object', properties: { mood: { enum: ['glad', 'sad'] } }, required: ['mood'] }
    const responseFormat = { type: 'json', schema }
    const { body } = await predict('story-chat', { ...chat, outputTokensMax: 100, responseFormat })
    const [choice] = body.output.choices
    if (choice.finishReason === 'stop') assert.match(JSON.parse(choice.content[0].text).mood, /^(glad|sad)$/)
    else assert.match(choice.content[0].text, /^\{/)
  })

  it('refuses by name what it cannot do', async () => {
    const { status, body } = await predict('story-chat', { ...chat, tools: [{ name: 'f', parameters: {} }] })
    assert.deepEqual([status, body.detail], [501, '"tools" cannot be passed to this model'])
    const tooLong = [{ role: 'user', content: [{ type: 'text', text: 'word '.repeat(2000) }] }]
    assert.equal((await predict('story-chat', { ...chat, messages: tooLong })).status, 422)
  })

  it('stops writing when its caller leaves, and the Record says so', async () => {
    const done = await counted('batch_rows_count')
    const leaving = new AbortController()
    const reply = await stream(chat, leaving.signal)
    await reply.body?.getReader().read()
    assert.equal(await counted('waiting'), 1)
    leaving.abort()
    const idle = async () => (await counted('waiting')) === 0 && (await counted('batch_rows_count')) === done + 1
    await waitUntil('the worker is idle', idle, 1000)
    const isCancelled = async () => {
      const { body } = await gateway.ask('GET', '/api/v1/calls?limit=1')
      return /"outcome":"cancelled"/.test(JSON.stringify(body))
    }
    await waitUntil('the Record says "cancelled"', isCancelled, 5000)
  })
})

interface Chunk {
  readonly type: string
  readonly text?: string
}

function chunksOf(stream: string): readonly Chunk[] {
  return stream.split('\n\n').flatMap((event) => {
    const [, data = ''] = /^data: ?(.*)$/m.exec(event) ?? []
    const told = data.startsWith('{') ? JSON.parse(data) : {}
    const chunk = told.chunk ?? told
    return typeof chunk.type === 'string' ? [chunk] : []
  })
}
