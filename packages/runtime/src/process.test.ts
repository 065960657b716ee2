import assert from 'node:assert/strict'
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { addOnnx, echoModule, textModule, writeModels } from '../test/write-models.ts'
import { type RuntimeMessage, runtimeProcessPath } from './process.ts'

const INFER = JSON.stringify({ inputs: [{ name: 'text', datatype: 'BYTES', shape: [1], data: ['you'] }] })

// Tells the test that it is at work, and answers when it is told to. Its warm-up has an empty text.
const WAITING = textModule(`async predict({ text }) {
    if (text !== '') {
      process.send('predicting')
      await new Promise((resolve) => process.on('message', (message) => message === 'answer' && resolve()))
    }
    return { answer: 'done' }
  },
  close() { console.log('closed') },`)

interface Child {
  readonly process: ChildProcess
  readonly socketPath: string
  /** Messages so far, in order. */
  readonly messages: readonly unknown[]
  output(): string
}

/** Forks the runtime on a unix socket and waits until it is ready. */
async function start(t: TestContext, files: Readonly<Record<string, string>>): Promise<Child> {
  const dir = await writeModels(t, files)
  await addOnnx(dir, 'sum')
  const socketPath = `${dir}/runtime.sock`
  const child = fork(runtimeProcessPath, ['--models', dir, '--listen', `unix:${socketPath}`], { silent: true })
  t.after(() => child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk))
  const messages: unknown[] = []
  child.on('message', (message) => messages.push(message))
  const ready: RuntimeMessage = { type: 'ready' }
  while (!messages.some((message) => JSON.stringify(message) === JSON.stringify(ready))) await once(child, 'message')
  return { process: child, socketPath, messages, output: () => output }
}

interface Reply {
  readonly status: number | undefined
  readonly body: unknown
}

async function call(socketPath: string, path: string, body?: string, agent?: Agent): Promise<Reply> {
  const method = body === undefined ? 'GET' : 'POST'
  const outgoing = request({ socketPath, path, method, agent }).end(body)
  const [incoming] = await once(outgoing, 'response')
  return { status: incoming.statusCode, body: JSON.parse((await incoming.toArray()).join('')) }
}

test('a forked runtime says that it listens, then that it is ready, and infers over its socket', async (t) => {
  const { process, socketPath, messages } = await start(t, { 'greet/1.0/model.ts': echoModule('hello ') })
  assert.deepEqual(messages, [{ type: 'listening', address: `unix:${socketPath}` }, { type: 'ready' }])
  const { status, body } = await call(socketPath, '/v2/models/greet/infer', INFER)
  assert.equal(status, 200)
  assert.deepEqual(Object(body).outputs[0].data, ['hello you'])
  const x = { name: 'x', datatype: 'FP32', shape: [1, 3], data: [1, 2, 3.5] }
  const sum = await call(socketPath, '/v2/models/sum/infer', JSON.stringify({ inputs: [x] }))
  assert.deepEqual(Object(sum.body).outputs[0].data, [6.5])
  // As from a terminal's Ctrl-C, which reaches parent and child alike: only the parent's word counts.
  process.kill('SIGTERM')
  process.send({ type: 'stop' })
  assert.deepEqual(await once(process, 'exit'), [0, null])
})

test('a request in flight is answered when the parent says stop, no new one is taken, models are closed, and it exits with 0', async (t) => {
  const { process, socketPath, output } = await start(t, { 'slow/1/model.ts': WAITING })
  const idle = connect(socketPath)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  const inFlight = call(socketPath, '/v2/models/slow/infer', INFER, agent)
  await once(process, 'message')
  // As from a terminal's Ctrl-C, which reaches parent and child alike: only the parent's word counts.
  process.kill('SIGTERM')
  process.send({ type: 'stop' })
  await once(idle, 'close')
  const late = await call(socketPath, '/v2/health/ready').then(({ status }) => status, String)
  assert.match(String(late), /^503$|ENOENT|ECONNREFUSED|ECONNRESET|socket hang up/)
  process.send('answer')
  assert.equal((await inFlight).status, 200)
  assert.deepEqual(await once(process, 'exit'), [0, null])
  assert.match(output(), /closed/)
  assert.doesNotMatch(output(), /did not finish in time/)
})

test('it ends when its parent lets go of it', async (t) => {
  const { process } = await start(t, {})
  process.disconnect()
  assert.deepEqual(await once(process, 'exit'), [0, null])
})

test('it ends when its parent is killed', async (t) => {
  const dir = await writeModels(t)
  const script = `
    require('node:child_process').fork(${JSON.stringify(runtimeProcessPath)}, ['--models', ${JSON.stringify(dir)}, '--listen', '127.0.0.1:0'])
      .on('message', ({ type }) => { if (type === 'ready') process.kill(process.pid, 'SIGKILL') })`
  const parent = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  parent.stdout.on('data', (chunk) => (output += chunk))
  // The runtime shares the pipe, which is at its end only when both are gone.
  await once(parent.stdout, 'end')
  assert.equal(parent.signalCode, 'SIGKILL')
  assert.match(output, /the parent process is gone/)
})

test('an error that nobody catches ends the process with 1, and stands in the log', async (t) => {
  const { process, socketPath, output } = await start(t, {
    'stray/1/model.ts': textModule(`predict({ text }) {
      if (text !== '') setImmediate(() => { throw new Error('stray callback') })
      return { answer: text }
    },`),
  })
  await call(socketPath, '/v2/models/stray/infer', INFER).catch(() => {})
  assert.deepEqual(await once(process, 'exit'), [1, null])
  assert.match(output(), /"level":60.*stray callback/)
})

async function failToStart(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const child = spawn(process.execPath, [runtimeProcessPath, ...args], { env: { ...process.env, ...env } })
  const [stdout, stderr, [code]] = await Promise.all([
    child.stdout.toArray(),
    child.stderr.toArray(),
    once(child, 'exit'),
  ])
  assert.equal(code, 1)
  assert.equal(stdout.join(''), '')
  return stderr.join('')
}

test('a start that cannot be made ends with 1 and one line that says what to do', async (t) => {
  const dir = await writeModels(t, { file: '' })
  const { socketPath } = await start(t, {})
  const listen = ['--listen', `unix:${socketPath}`]
  assert.match(await failToStart([]), /^Which models\? Name the folder .* --models or ASTRA_MODELS\n$/)
  assert.match(
    await failToStart(['--modles', dir]),
    /^Unknown option '--modles'.* The flags are --models, --listen, .*\n$/,
  )
  assert.match(
    await failToStart(['--models', `${dir}/no`]),
    /^Cannot read .*\/no: it does not exist; create it, or .*\n$/,
  )
  assert.match(await failToStart(['--models', `${dir}/file`]), /^Cannot read .*: it is not a folder; .*\n$/)
  assert.match(await failToStart(['--models', dir, '--listen', 'x']), /^Cannot listen on 'x': write it as .*\n$/)
  assert.match(await failToStart(listen, { ASTRA_MODELS: dir }), /^Cannot listen on unix:.*: it is in use; stop .*\n$/)
})
