import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, test } from 'node:test'
import { type Served, serveModels } from '../../test/serve-models.ts'
import {
  addOnnx,
  echoModule,
  gatedModule,
  type HasEnd,
  openGate,
  textModule,
  writeModelFile,
  writeModels,
} from '../../test/write-models.ts'

const FAILING = textModule(`predict() { throw new Error('secret detail') },`)
const text = (...data: string[]) => ({ inputs: [{ name: 'text', datatype: 'BYTES', shape: [data.length], data }] })

async function serve(t: HasEnd, onnx: readonly string[] = []): Promise<Served & { dir: string }> {
  const dir = await writeModels(t, {
    'greet/1.0/model.ts': echoModule('hello '),
    'greet/1.1/model.ts': echoModule('good day '),
    'failing/1/model.ts': FAILING,
    'broken/1/model.ts': 'export const model = 1',
  })
  for (const name of onnx) await addOnnx(dir, name)
  const served = await serveModels(t, dir)
  await served.runtime.load()
  return { ...served, dir }
}

/** For the tests that change nothing: every model is a process, which takes a while to start. */
const shared = serve({ after }, ['log', 'half'])

test('the read-only endpoints', async () => {
  const { send } = await shared
  const get = async (path: string) => {
    const { status, body } = await send('GET', path)
    return [status, body]
  }
  const { status, body } = await send('GET', '/v2/models/greet')
  const digest = Reflect.get(Reflect.get(Object(body), 'parameters'), 'digest')
  assert.equal(status, 200)
  assert.match(digest, /^sha256:[0-9a-f]{64}$/)
  const metadata = {
    name: 'greet',
    versions: ['1.0', '1.1'],
    platform: 'nodejs_module',
    inputs: [{ name: 'text', datatype: 'BYTES', shape: [-1] }],
    outputs: [{ name: 'answer', datatype: 'BYTES', shape: [-1] }],
    parameters: { digest },
  }
  assert.deepEqual(body, metadata)
  assert.deepEqual(await get('/v2/models/greet/versions/1.1'), [200, metadata])
  const [, older] = await get('/v2/models/greet/versions/1.0')
  assert.notDeepEqual(older, metadata)

  assert.deepEqual(await get('/v2'), [
    200,
    {
      name: 'astraapi-runtime',
      version: '0.1.0',
      extensions: ['binary_tensor_data', 'generate', 'model_configuration', 'model_repository', 'parameters'],
    },
  ])
  assert.deepEqual(await get('/v2/health/live'), [200, { live: true }])
  assert.deepEqual(await get('/v2/health/ready'), [200, { ready: true }])
  assert.deepEqual(await get('/v2/models/greet/ready'), [200, { name: 'greet', ready: true }])
  assert.deepEqual(await get('/v2/models/greet/versions/1.0/ready'), [200, { name: 'greet', ready: true }])
  const models = ['broken', 'failing', 'greet', 'half', 'log']
  assert.deepEqual(await get('/v2/models'), [200, { models }])
  assert.equal((await send('HEAD', '/v2/health/ready')).status, 200)
})

test('an inference on the highest version, and on the one named', async () => {
  const { send, infer } = await shared
  const reply = await infer('greet', { ...text('a', 'b'), id: 'one' })
  assert.deepEqual(reply.body, {
    model_name: 'greet',
    model_version: '1.1',
    id: 'one',
    outputs: [{ name: 'answer', datatype: 'BYTES', shape: [2], data: ['good day a', 'good day b'] }],
  })
  assert.match(reply.headers.get('content-type') ?? '', /^application\/json/)
  assert.match(reply.headers.get('server-timing') ?? '', /^queue;dur=\d+\.\d+, compute;dur=\d+\.\d+$/)
  const older = await send('POST', '/v2/models/greet/versions/1.0/infer', JSON.stringify(text('a')))
  assert.deepEqual(older.body, {
    model_name: 'greet',
    model_version: '1.0',
    outputs: [{ name: 'answer', datatype: 'BYTES', shape: [1], data: ['hello a'] }],
  })
})

test('an ONNX inference: numbers that JSON cannot say are null, the filter of outputs is honoured', async () => {
  const { infer } = await shared
  const input = (data: readonly number[]) => ({ name: 'x', datatype: 'FP32', shape: [data.length], data })
  const outputs = async (model: string, request: unknown) =>
    Reflect.get(Object((await infer(model, request)).body), 'outputs')
  assert.deepEqual(await outputs('log', { inputs: [input([-1, 0, 1])] }), [
    { name: 'y', datatype: 'FP32', shape: [3], data: [null, null, 0] },
  ])
  assert.deepEqual(await outputs('half', { inputs: [input([0.1])], outputs: [{ name: 'single' }] }), [
    { name: 'single', datatype: 'FP32', shape: [1], data: [0.1] },
  ])
  const { status, text } = await infer('half', { inputs: [input([0.1])] })
  assert.equal(status, 400)
  assert.match(text, /Output \\"half\\" is FP16, which has no JSON form; ask for it with/)
})

const BODY = JSON.stringify(text('a'))
const REFUSED: readonly (readonly [
  string,
  string,
  string | undefined,
  Readonly<Record<string, string>>,
  number,
  RegExp,
])[] = [
  ['GET', '/', undefined, {}, 404, /^There is no GET "\/"$/],
  ['GET', '/v3', undefined, {}, 404, /There is no GET/],
  ['POST', '/nowhere', '{}', {}, 404, /There is no POST/],
  ['GET', '/v2/models/%zz', undefined, {}, 400, /%zz/],
  ['GET', '/v2/models/missing', undefined, {}, 404, /no model "missing"/],
  ['GET', '/v2/models/__proto__', undefined, {}, 404, /no model "__proto__"/],
  ['GET', `/v2/models/${'a'.repeat(5000)}`, undefined, {}, 404, /no model "aaa.{0,60}$/],
  ['GET', '/v2/models/greet/versions/9', undefined, {}, 404, /greet has no version "9"/],
  ['GET', '/v2/models/broken', undefined, {}, 503, /Version 1 of broken is not ready: .*`model`/],
  ['GET', '/v2/models/broken/ready', undefined, {}, 503, /not ready/],
  ['POST', '/v2/models/broken/infer', BODY, {}, 503, /not ready/],
  ['POST', '/v2/models/missing/infer', BODY, {}, 404, /no model/],
  ['POST', '/v2/models/greet/infer', undefined, {}, 400, /body is empty/],
  ['POST', '/v2/models/greet/infer', '{', {}, 400, /body is not JSON/],
  ['POST', '/v2/models/greet/infer', '{"inputs":[]}', {}, 400, /Input "text" is missing/],
  ['POST', '/v2/models/greet/infer', BODY, { 'content-encoding': 'br' }, 501, /Content-Encoding "br"/],
  ['POST', '/v2/models/failing/infer', BODY, {}, 500, /^Version 1 of failing failed on this input; the log/],
  ['GET', '/v2/models/greet/infer', undefined, {}, 405, /^This path takes POST only$/],
  ['DELETE', '/v2/models/greet', undefined, {}, 405, /^This path takes GET or HEAD only$/],
  ['POST', '/v2/health/ready', 'x'.repeat(100), {}, 405, /GET or HEAD/],
  ['GET', '/v2/repository/index', undefined, {}, 405, /POST/],
  ['POST', '/v2/repository/index', '[]', {}, 400, /JSON object/],
  ['POST', '/v2/repository/models/missing/load', undefined, {}, 404, /no model "missing"/],
  ['POST', '/v2/repository/models/..%2Fgreet/load', undefined, {}, 404, /no model/],
  ['POST', '/v2/repository/models/broken/load', undefined, {}, 503, /Could not load broken, version 1/],
  ['POST', '/v2/repository/models/missing/unload', undefined, {}, 404, /no model "missing"/],
]

test('every refusal has its status and the one shape', async () => {
  const { send } = await shared
  for (const [method, path, sent, headers, status, message] of REFUSED) {
    const reply = await send(method, path, sent, headers)
    const label = `${method} ${path.slice(0, 80)}: ${reply.text}`
    assert.equal(reply.status, status, label)
    assert.deepEqual(Object.keys(Object(reply.body)), ['error'], label)
    assert.match(Reflect.get(Object(reply.body), 'error'), message, label)
    if (status === 405) assert.match(reply.headers.get('allow') ?? '', /^(POST|GET, HEAD)$/)
    // Retry-After would say that the server is merely busy.
    assert.equal(reply.headers.get('retry-after'), null)
  }
})

test('whatever Content-Type says, the body is read', async () => {
  const { send } = await shared
  for (const type of [
    undefined,
    'application/octet-stream',
    'text/plain',
    'application/json; charset=x',
    'nonsense',
    ';',
  ]) {
    const headers = type === undefined ? {} : { 'content-type': type }
    assert.equal((await send('POST', '/v2/models/greet/infer', BODY, headers)).status, 200, String(type))
  }
})

test('why a model failed is in the log and nowhere else', async () => {
  const { infer, logged } = await shared
  const { text: answer } = await infer('failing', text('a'))
  assert.doesNotMatch(answer, /secret/)
  const line = logged.find(({ url }) => url === '/v2/models/failing/infer')
  assert.match(JSON.stringify(line?.err), /secret detail.*model\.ts/)
})

test('the log line of a failure names the caller’s call and trace, if they have the form', async () => {
  const { send, logged } = await shared
  const callId = '019ab3c4-7d2e-7f00-8a11-0123456789ab'
  const traceId = '0af7651916cd43dd8448eb211c80319c'
  const idsOf = async (call: string, traceparent: string) => {
    await send('POST', '/v2/models/failing/infer', BODY, { 'astra-call-id': call, traceparent })
    const line = logged.findLast(({ url }) => url === '/v2/models/failing/infer')
    return [line?.callId, line?.traceId]
  }
  assert.deepEqual(await idsOf(callId, `00-${traceId}-b7ad6b7169203331-01`), [callId, traceId])
  assert.deepEqual(await idsOf('anything', 'at all'), [undefined, undefined])
})

test('every inference of a model that is known is counted once, also those refused early and while it is unloaded', async (t) => {
  const { url, send, infer } = await serve(t)
  const counted = async () => {
    const metrics = await fetch(`${url}/metrics`).then((reply) => reply.text())
    const lines = metrics.matchAll(
      /^astra_runtime_(calls_total|compute_seconds_count)\{model="(.*?)",version="(.*?)"(?:,outcome="(.*)")?\} (\d+)$/gm,
    )
    return [...lines].map(([, , ...rest]) => rest.filter(Boolean).join(' ')).sort()
  }
  const post = (path: string, body?: string, headers = {}) => send('POST', `/v2/models/${path}/infer`, body, headers)
  await infer('greet', text('a'))
  await post('greet', '{')
  await post('greet/versions/1.0', BODY, { 'content-encoding': 'gzip' })
  await infer('failing', text('a'))
  await infer('broken', text('a'))
  await infer('missing', text('a'))
  await post('greet/versions/7', BODY)
  await send('GET', '/v2/models/greet/infer')
  await send('POST', '/v2/repository/models/greet/unload')
  await infer('greet', text('a'))
  await send('POST', '/v2/repository/models/greet/load')
  await infer('greet', text('a'))
  assert.deepEqual(await counted(), [
    'broken 1 unavailable 1',
    // Its warm-up is no batch of the line.
    'failing 1 1',
    'failing 1 failed 1',
    'greet 1.0 invalid 1',
    'greet 1.1 2',
    'greet 1.1 invalid 1',
    'greet 1.1 ok 2',
    'greet 1.1 unavailable 1',
  ])
})

test('folders that are no models, though somebody may think so, are logged at the start and at a load', async (t) => {
  const dir = await writeModels(t, { 'my_model/1/model.ts': '', 'm/1/weights.bin': '' })
  const { runtime, send, logged } = await serveModels(t, dir)
  await runtime.load()
  await send('POST', '/v2/repository/models/my_model/load')
  await send('POST', '/v2/repository/models/my_other/load')
  const warned = logged.filter(({ folder }) => folder).map(({ folder, msg }) => `${folder}: ${msg}`)
  assert.equal(warned.length, 3)
  assert.match(warned.toSorted()[0] ?? '', /\/m\/1: folder passed over: a version holds one of model\.onnx/)
  assert.match(
    warned.at(-1) ?? '',
    /\/my_model: folder passed over: a model's name is \[a-z\]\[a-z0-9-\]\*; rename it$/,
  )
})

test('413 for a body beyond the limit, declared or not', async (t) => {
  const dir = await writeModels(t, { 'greet/1/model.ts': echoModule('') })
  const { runtime, send, url } = await serveModels(t, dir, { bodyBytesMax: 200 })
  await runtime.load()
  const exact = BODY.padEnd(200)
  assert.equal((await send('POST', '/v2/models/greet/infer', exact)).status, 200)
  const { status, body } = await send('POST', '/v2/models/greet/infer', `${exact} `)
  assert.deepEqual([status, body], [413, { error: 'The body is larger than this server takes' }])
  const chunked = new ReadableStream({
    start(controller) {
      for (const part of [exact, ' ']) controller.enqueue(new TextEncoder().encode(part))
      controller.close()
    },
  })
  const reply = await fetch(`${url}/v2/models/greet/infer`, { method: 'POST', body: chunked, duplex: 'half' })
  assert.equal(reply.status, 413)
  assert.equal((await send('GET', '/v2/health/live')).status, 200)
})

test('the server answers while it loads, and is ready when every model was tried', async (t) => {
  const dir = await writeModels(t, { 'broken/1/model.ts': '' })
  const load = `load: async () => { while (!existsSync('${dir}/gate')) await setTimeout(2) },`
  await writeModelFile(dir, 'slow/1/model.ts', gatedModule(dir, load))
  const { runtime, send } = await serveModels(t, dir)
  const status = async (path: string) => (await send('GET', path)).status
  assert.equal(await status('/v2/health/ready'), 503)
  const loaded = runtime.load()
  assert.deepEqual((await send('GET', '/v2/health/ready')).body, { error: 'The server is loading its models' })
  assert.deepEqual([await status('/v2/health/live'), await status('/v2/models/slow/ready')], [200, 503])
  await openGate(dir)
  await loaded
  assert.match((await send('GET', '/v2/health/ready')).headers.get('astra-model-state') ?? '', /^[0-9a-f]{12}-1$/)
  assert.deepEqual([await status('/v2/health/ready'), await status('/v2/models/slow/ready')], [200, 200])
})

test('the repository index names every version, or only those that are ready; load adds to it', async (t) => {
  const { send, dir } = await serve(t)
  const index = async (request?: string) => Object((await send('POST', '/v2/repository/index', request)).body)
  const all = await index()
  const broken = all.find((entry: { name: string }) => entry.name === 'broken')
  assert.deepEqual([all.length, broken.state], [4, 'UNAVAILABLE'])
  assert.match(broken.reason, /must export `model`/)
  assert.equal((await index('{"ready":true}')).length, 3)
  await writeModelFile(dir, 'later/1/model.ts', echoModule(''))
  assert.deepEqual(await send('POST', '/v2/repository/models/later/load', '{}').then(({ status }) => status), 200)
  assert.equal((await index('{"ready":true}')).length, 4)
})

test('an unloaded model is not there until it is loaded again', async (t) => {
  const { send, infer } = await serve(t)
  const post = async (path: string) => (await send('POST', `/v2/repository/models/greet/${path}`, '{}')).status
  assert.equal(await post('unload'), 200)
  const { status, headers } = await infer('greet', text('a'))
  assert.deepEqual([status, headers.get('retry-after')], [503, null])
  assert.equal((await send('GET', '/v2/models/greet/ready')).status, 503)
  assert.equal(await post('load'), 200)
  assert.equal((await infer('greet', text('a'))).status, 200)
})

test('an empty repository is ready, and the log says what to do', async (t) => {
  const { runtime, send, logged } = await serveModels(t, await writeModels(t))
  await runtime.load()
  assert.equal((await send('GET', '/v2/health/ready')).status, 200)
  assert.match(String(logged.at(-1)?.msg), /holds no model: put one at/)
})

test('bytes that are not HTTP do not harm the server', async () => {
  const { url, send } = await shared
  const { hostname, port } = new URL(url)
  for (const bytes of [
    '\0\xff\r\n\r\n',
    'GET /v2 HTTP/9\r\n\r\n',
    'POST /v2/models/greet/infer HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
  ]) {
    const socket = connect(Number(port), hostname)
    socket.end(bytes, 'latin1')
    const answer = (await socket.toArray()).join('')
    assert.match(answer, /^HTTP\/1.1 4\d\d /)
  }
  assert.equal((await send('GET', '/v2/health/live')).status, 200)
})
