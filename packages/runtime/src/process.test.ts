import assert from 'node:assert/strict'
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { computed, echoModule, gatedModule, openGate, textModule, until, writeModels } from '../test/write-models.ts'
import { type RuntimeMessage, runtimeProcessPath } from './process.ts'

const INFER = JSON.stringify({ inputs: [{ name: 'text', datatype: 'BYTES', shape: [1], data: ['you'] }] })

interface Child {
  readonly process: ChildProcess
  readonly socketPath: string
  /** Messages so far, in order. */
  readonly messages: readonly unknown[]
  output(): string
}

/** Forks the runtime on a unix socket and waits until it is ready. */
async function start(
  t: TestContext,
  files: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<Child> {
  const dir = await writeModels(t, files)
  const socketPath = `${dir}/runtime.sock`
  const child = fork(runtimeProcessPath, ['--models', dir, '--listen', `unix:${socketPath}`, ...args], {
    silent: true,
  })
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
  // As from a terminal's Ctrl-C, which reaches parent and child alike: only the parent's word counts.
  process.kill('SIGTERM')
  process.send({ type: 'stop' })
  assert.deepEqual(await once(process, 'exit'), [0, null])
})

test('a request in flight is answered when the parent says stop, no new one is taken, models are closed, and it exits with 0', async (t) => {
  const gate = await writeModels(t)
  const { process, socketPath, output } = await start(t, {
    'slow/1/model.ts': gatedModule(gate, `close() { console.log('closed') },`),
  })
  const idle = connect(socketPath)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  const inFlight = call(socketPath, '/v2/models/slow/infer', INFER, agent)
  await until(async () => (await computed(gate)).length === 1)
  // As from a terminal's Ctrl-C, which reaches parent and child alike: only the parent's word counts.
  process.kill('SIGTERM')
  process.send({ type: 'stop' })
  await once(idle, 'close')
  let late: number | 'no connection' | undefined
  void call(socketPath, '/v2/models/slow/infer', INFER).then(
    ({ status }) => (late = status),
    () => (late = 'no connection'),
  )
  await until(async () => late !== undefined || (await computed(gate)).length > 1)
  assert.ok(late === 503 || late === 'no connection', `${late}`)
  await openGate(gate)
  assert.equal((await inFlight).status, 200)
  assert.deepEqual(await once(process, 'exit'), [0, null])
  assert.equal((await computed(gate)).length, 1)
  assert.match(output(), /"model":"slow","version":"1","stream":"stdout","msg":"closed"/)
  assert.doesNotMatch(output(), /did not finish in time/)
})

test('alone, it goes on answering for a while after SIGTERM though it says that it is not ready; a second one ends that', async (t) => {
  const { child, socketPath } = await startAlone(t, ['--drain-ms', '60000'])
  child.kill('SIGTERM')
  await until(async () => (await call(socketPath, '/v2/health/ready')).status === 503)
  assert.equal((await call(socketPath, '/v2/models/greet/infer', INFER)).status, 200)
  child.kill('SIGTERM')
  assert.deepEqual(await once(child, 'exit'), [0, null])
})

test('alone, it ends at once on SIGINT, and leaves no worker behind', async (t) => {
  const { child, workers } = await startAlone(t, ['--drain-ms', '60000'])
  assert.equal(workers.length, 1)
  child.kill('SIGINT')
  assert.deepEqual(await once(child, 'exit'), [0, null])
  assert.deepEqual(workers.filter(isRunning), [])
})

/** As from a shell: without a parent that speaks to it. */
async function startAlone(t: TestContext, args: readonly string[]) {
  const dir = await writeModels(t, {
    'greet/1/model.ts': textModule(
      `predict: ({ text }) => ({ answer: text }), load() { console.log('pid ' + process.pid) },`,
    ),
  })
  const socketPath = `${dir}/runtime.sock`
  const all = [runtimeProcessPath, '--models', dir, '--listen', `unix:${socketPath}`, ...args]
  const child = spawn(process.execPath, all, { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  let output = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  await until(() => output.includes('"msg":"ready"'))
  const workers = [...output.matchAll(/pid (\d+)/g)].map(([, pid]) => Number(pid))
  return { child, socketPath, workers }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

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

test('it ends when its parent let go of it before it could notice', async (t) => {
  const dir = await writeModels(t)
  const child = fork(runtimeProcessPath, ['--models', dir, '--listen', '127.0.0.1:0'], { silent: true })
  t.after(() => child.kill('SIGKILL'))
  child.disconnect()
  assert.deepEqual(await once(child, 'exit'), [0, null])
})

test('an error that nobody catches ends the worker that it is thrown in, and stands in the log', async (t) => {
  const { socketPath, output } = await start(t, {
    'stray/1/model.ts': textModule(`predict({ text }) {
      if (text !== '') setImmediate(() => { throw new Error('stray callback') })
      return { answer: text }
    },`),
  })
  await call(socketPath, '/v2/models/stray/infer', INFER)
  await until(() => output().includes('ended by an error that nothing caught: stray callback'))
  assert.equal((await call(socketPath, '/v2/health/ready')).status, 200)
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
  const failures = await Promise.all([
    failToStart([]),
    failToStart(['--modles', dir]),
    failToStart(['--models', `${dir}/no`]),
    failToStart(['--models', `${dir}/file`]),
    failToStart(['--models', dir, '--listen', 'x']),
    failToStart(listen, { ASTRA_MODELS: dir }),
  ])
  const expected = [
    /^Which models\? Name the folder .* --models or ASTRA_MODELS\n$/,
    /^Unknown option '--modles'.* The flags are --models, --listen, .*\n$/,
    /^Cannot read .*\/no: it does not exist; create it, or .*\n$/,
    /^Cannot read .*: it is not a folder; .*\n$/,
    /^Cannot listen on 'x': write it as .*\n$/,
    /^Cannot listen on unix:.*: it is in use; stop .*\n$/,
  ]
  for (const [index, message] of expected.entries()) assert.match(failures[index] ?? '', message)
})
