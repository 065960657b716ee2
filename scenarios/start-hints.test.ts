import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { probeManifest, startTestGateway } from './testing/start-test-gateway.ts'

const bin = new URL('../packages/cli/bin/astraapi.mjs', import.meta.url).pathname
const secret = 'sk-never-to-be-printed'

/** A server where an Ollama would be. */
async function startServer(context: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  context.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function ollamaWith(...names: readonly unknown[]): RequestListener {
  return (request, response) => {
    assert.equal(request.url, '/api/tags')
    response.end(JSON.stringify({ models: names.map((name) => ({ name })) }))
  }
}

const nobody: RequestListener = (_, response) => void response.writeHead(404).end()

interface Setting {
  readonly ollama: string
  readonly env?: Readonly<Record<string, string>>
  readonly config?: string
}

async function startWith(context: TestContext, { ollama, env = {}, config = probeManifest }: Setting) {
  const printed: string[] = []
  const gateway = await startTestGateway({
    config,
    print: (line) => void printed.push(line),
    hints: { env, ollama },
  })
  context.after(() => gateway.stop())
  return { gateway, hints: printed.filter((line) => /_API_KEY|Ollama/.test(line)), printed }
}

test('a key in the environment gets one line that says how to add its vendor, and is not printed itself', async (context) => {
  const ollama = await startServer(context, nobody)
  const env = { OPENAI_API_KEY: secret, ANTHROPIC_API_KEY: secret, XAI_API_KEY: secret }
  const { hints, printed } = await startWith(context, { ollama, env })
  assert.deepEqual(hints, [
    'OPENAI_API_KEY is set: "astraapi add chat --backend openai --model gpt-4o-mini --apply" puts an LLM behind this gateway.',
    'ANTHROPIC_API_KEY is set: "astraapi add anthropic-chat --backend anthropic --model claude-sonnet-4-20250514 --apply" puts an LLM behind this gateway.',
  ])
  assert.ok(!printed.join('\n').includes(secret))
})

test('an Ollama gets one line with a model of its own, until a version goes there', async (context) => {
  const ollama = await startServer(context, ollamaWith('nomic-embed-text:latest', 'qwen3:8b'))
  const folder = await mkdtemp(join(tmpdir(), 'astra-hints-'))
  context.after(() => rm(folder, { recursive: true }))
  const config = join(folder, 'astra.yaml')
  await copyFile(probeManifest, config)
  const first = await startWith(context, { ollama, config })
  const [hint = ''] = first.hints
  assert.equal(
    hint,
    `An Ollama is at ${ollama}: "astraapi add chat --backend openai --vendor ollama --model qwen3:8b --replica ${ollama}/v1 --apply" puts an LLM behind this gateway.`,
  )
  const { data, url } = first.gateway
  const [, command = ''] = /"astraapi (.*)"/.exec(hint) ?? []
  const args = [bin, ...command.split(' '), '--config', config, '--owner', 'me', '--url', url, '--data', data]
  await promisify(execFile)(process.execPath, args, { timeout: 20_000 })
  assert.match(await readFile(config, 'utf8'), /model: qwen3:8b, vendor: ollama/)
  assert.equal((await first.gateway.ask('GET', '/openai/v1/models/chat')).status, 200)
  const second = await startWith(context, { ollama, config })
  assert.deepEqual(second.hints, [])
})

test('an Ollama without a model to chat with says what to pull', async (context) => {
  const ollama = await startServer(context, ollamaWith('nomic-embed-text:latest'))
  const { hints } = await startWith(context, { ollama })
  assert.deepEqual(hints, [`An Ollama is at ${ollama} and has no model to chat with: "ollama pull llama3.2".`])
})

test('whatever else answers there gets no line, and can put no words into a command', async (context) => {
  let led = 0
  const away = await startServer(context, (_, response) => {
    led++
    response.end('{"models":[]}')
  })
  const others: readonly RequestListener[] = [
    nobody,
    (_, response) => void response.end('<html>'),
    (_, response) => void response.end('{"models": 7}'),
    (_, response) => void response.writeHead(302, { location: `${away}/api/tags` }).end(),
    (_, response) => void response.end(`{"models":[],"x":"${'x'.repeat(2 << 20)}"}`),
    // Never answers.
    () => {},
  ]
  for (const answer of others) {
    const { hints } = await startWith(context, { ollama: await startServer(context, answer) })
    assert.deepEqual(hints, [])
  }
  assert.equal(led, 0)
  const evil = await startServer(context, ollamaWith('x"; rm -rf ~ #', '--config=/etc', 7, 'good'))
  assert.match((await startWith(context, { ollama: evil })).hints.join('\n'), /--model good --replica/)
})
