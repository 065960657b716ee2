import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { withFakeEngine } from '../../test/fake-engine.ts'
import { type Served, serveModels } from '../../test/serve-models.ts'
import { echoModule, type HasEnd, until } from '../../test/write-models.ts'

const files = {
  'tale/1/model.gguf': 'weights',
  'tale/1/serving.json': '{"generation": {"sequences": 2, "contextSize": 4096}, "queueMsMax": 0}',
  'echo/1/model.ts': echoModule(''),
}

async function serve(t: HasEnd): Promise<Served> {
  const served = await serveModels(t, await withFakeEngine(t, files))
  await served.runtime.load()
  return served
}

const ask = ({ send }: Served, body: unknown, path = 'tale/generate') =>
  send('POST', `/v2/models/${path}`, JSON.stringify(body))

const metric = async ({ url }: Served, line: string) =>
  (await (await fetch(`${url}/metrics`)).text()).includes(`${line}\n`)

/** Opens a stream, and hands out its events. */
async function openStream({ url }: Served, text: string, leaving = new AbortController()) {
  const body = JSON.stringify({ text_input: text })
  const reply = await fetch(`${url}/v2/models/tale/generate_stream`, { method: 'POST', body, signal: leaving.signal })
  const events = async () =>
    (await reply.text())
      .split('\n\n')
      .filter(Boolean)
      .map((event) => JSON.parse(event.slice('data: '.length)))
  return { reply, events, leaving }
}

test('a text, a conversation and a tensor are answered whole', async (t) => {
  const served = await serve(t)
  const answer = await ask(served, { text_input: 'once upon', parameters: { max_tokens: 1 } })
  assert.deepEqual(answer.body, {
    model_name: 'tale',
    model_version: '1',
    text_output: 'once ',
    finish_reason: 'length',
    usage: { input_tokens: 3, output_tokens: 1 },
  })
  assert.match(answer.headers.get('server-timing') ?? '', /^queue;dur=[\d.]+, compute;dur=[\d.]+$/)
  const chat = await ask(served, { messages: [{ role: 'user', content: '!thinks' }] }, 'tale/versions/1/generate')
  assert.deepEqual([chat.body], [{ ...Object(chat.body), text_output: 'so ', reasoning_output: 'hm ' }])
  const inputs = [{ name: 'text_input', datatype: 'BYTES', shape: [1], data: ['a b'] }]
  const { outputs } = Object((await served.infer('tale', { inputs })).body)
  assert.deepEqual(outputs, [{ name: 'text_output', datatype: 'BYTES', shape: [1], data: ['a b '] }])
  assert.ok(await metric(served, 'astra_runtime_calls_total{model="tale",version="1",outcome="ok"} 3'))
})

test('a stream is one event per piece, and a last one with its end', async (t) => {
  const { reply, events } = await openStream(await serve(t), 'once upon')
  assert.equal(reply.headers.get('content-type'), 'text/event-stream; charset=utf-8')
  const head = { model_name: 'tale', model_version: '1' }
  assert.deepEqual(await events(), [
    { ...head, text_output: 'once ' },
    { ...head, text_output: 'upon ' },
    { ...head, text_output: '', finish_reason: 'stop', usage: { input_tokens: 3, output_tokens: 2 } },
  ])
})

test('a fault before anything was written is a status, and afterwards an event; its words are for the log', async (t) => {
  const served = await serve(t)
  const { reply } = await openStream(served, '!refused')
  assert.equal(reply.status, 500)
  assert.doesNotMatch(await reply.text(), /secret/)
  const events = await (await openStream(served, '!fail')).events()
  assert.equal(events[0].text_output, 'word ')
  assert.match(events[1].error, /failed on this input; the log of the runtime says why/)
  assert.equal(events.length, 2)
  assert.equal(served.logged.filter(({ err }) => JSON.stringify(err ?? '').includes('secret fault')).length, 2)
  const crashed = await ask(served, { text_input: '!crash' })
  assert.equal(crashed.status, 500)
  await until(async () => (await ask(served, { text_input: 'a' })).status === 200)
})

test('when its caller leaves, a generation stops within 100 ms', async (t) => {
  const served = await serve(t)
  const { reply, leaving } = await openStream(served, '!endless')
  await reply.body?.getReader().read()
  const writingAt = performance.now()
  assert.ok(await metric(served, 'astra_runtime_waiting{model="tale",version="1"} 1'))
  const leftAt = performance.now()
  leaving.abort()
  await until(() => metric(served, 'astra_runtime_batch_rows_count{model="tale",version="1"} 1'))
  // By the server's clock, as looking takes its time: it began before it was seen to write.
  const text = await (await fetch(`${served.url}/metrics`)).text()
  const [, seconds] = /^astra_runtime_compute_seconds_sum\{.*\} (.+)$/m.exec(text) ?? []
  assert.ok(Number(seconds) * 1000 < leftAt - writingAt + 100, `${seconds} s`)
  assert.ok(await metric(served, 'astra_runtime_calls_total{model="tale",version="1",outcome="abandoned"} 1'))
})

test('a worker that does not stop is replaced', async (t) => {
  const served = await serve(t)
  const { reply, leaving } = await openStream(served, '!deaf')
  await reply.body?.getReader().read()
  leaving.abort()
  const restarts = 'astra_runtime_worker_restarts_total{model="tale",version="1",reason="abandoned"} 1'
  await until(() => metric(served, restarts))
  await until(async () => (await ask(served, { text_input: 'a' })).status === 200)
})

test('past what may wait it is 503 with Retry-After', async (t) => {
  const served = await serve(t)
  const leaving = new AbortController()
  assert.equal((await ask(served, { text_input: 'a' })).status, 200)
  // Held until the end: a response that is collected cancels its request.
  const running = []
  for (const _ of 'ab') running.push(await openStream(served, '!endless', leaving))
  for (const _ of 'ab') void openStream(served, '!endless', leaving).catch(() => {})
  await until(() => metric(served, 'astra_runtime_waiting{model="tale",version="1"} 4'))
  const { status, headers } = await ask(served, { text_input: 'a' })
  assert.deepEqual([status, headers.get('retry-after')], [503, '1'])
  assert.ok(running.every(({ reply }) => reply.ok))
  leaving.abort()
})

test('a stream that began before the server stops is finished, and then its connection closes', async (t) => {
  const served = await serve(t)
  const { port } = new URL(served.url)
  const body = JSON.stringify({ text_input: '!endless', parameters: { max_tokens: 60 } })
  const path = '/v2/models/tale/generate_stream'
  const text = await new Promise<string>((resolve, reject) => {
    const sent = request({ port, path, method: 'POST', headers: { connection: 'keep-alive' } }, (response) => {
      let read = ''
      response.setEncoding('utf8').once('data', () => void served.runtime.close(5000))
      response.on('data', (chunk) => {
        read += chunk
      })
      response.socket.once('close', () => resolve(read))
    })
    sent.once('error', reject)
    sent.end(body)
  })
  assert.match(text, /"finish_reason":"length"/)
})

test('what it cannot do is refused with what to do instead', async (t) => {
  const served = await serve(t)
  const refused = await ask(served, { text_input: 'a' }, 'echo/generate')
  assert.equal(refused.status, 400)
  assert.match(refused.text, /echo generates no text: POST …\/infer with its tensors instead/)
  assert.equal((await ask(served, { text_input: 'a', parameters: { tools: [] } })).status, 400)
  assert.equal((await ask(served, { text_input: 'a' }, 'nobody/generate')).status, 404)
})

test('metadata says that it generates', async (t) => {
  const served = await serve(t)
  const { body } = await served.send('GET', '/v2/models/tale')
  assert.deepEqual([Object(body).platform, Object(body).parameters.generates], ['llama_cpp_gguf', true])
  assert.equal(Object((await served.send('GET', '/v2/models/echo')).body).parameters.generates, undefined)
})

test('without the engine the version is unavailable, and the index says how to get it', async (t) => {
  const models = await withFakeEngine(t, files)
  process.env.ASTRA_RUNTIME_ENGINE = '/nowhere/at/all'
  const served = await serveModels(t, models)
  await served.runtime.load()
  const { body } = await served.send('POST', '/v2/repository/index')
  const [entry] = (Array.isArray(body) ? body : []).filter(({ name }) => name === 'tale')
  assert.equal(entry.reason, 'GGUF models need the local engine: run "npm run engine", then load again.')
})
