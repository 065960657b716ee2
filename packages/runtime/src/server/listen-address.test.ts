import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { test } from 'node:test'
import { pino } from 'pino'
import { serveModels } from '../../test/serve-models.ts'
import { writeModels } from '../../test/write-models.ts'
import { createRuntime } from './create-runtime.ts'
import { formatListenAddress, parseListenAddress } from './listen-address.ts'

const log = pino({ level: 'silent' })

test('addresses are read, and written back in the same form', () => {
  assert.deepEqual(parseListenAddress('127.0.0.1:80'), { host: '127.0.0.1', port: 80 })
  assert.deepEqual(parseListenAddress('localhost:0'), { host: 'localhost', port: 0 })
  assert.deepEqual(parseListenAddress('[::1]:8000'), { host: '::1', port: 8000 })
  assert.deepEqual(parseListenAddress('unix:/run/a.sock'), { path: '/run/a.sock' })
  assert.equal(formatListenAddress('/run/a.sock'), 'unix:/run/a.sock')
  assert.equal(formatListenAddress({ address: '::1', family: 'IPv6', port: 80 }), '[::1]:80')
  assert.equal(formatListenAddress({ address: '127.0.0.1', family: 'IPv4', port: 80 }), '127.0.0.1:80')
})

for (const address of [
  '',
  '8000',
  ':8000',
  'a:b',
  '127.0.0.1:65536',
  '127.0.0.1:-1',
  '::1:80',
  'unix:',
  'unix:a.sock',
]) {
  test(`'${address}' is refused with the form to use`, () => {
    assert.throws(() => parseListenAddress(address), { name: 'StartupError', message: /write it as 127.0.0.1:8000/ })
  })
}

test('an address that cannot be had is refused with what to do', async (t) => {
  const dir = await writeModels(t, { file: '' })
  const { url } = await serveModels(t, dir)
  const taken = url.slice('http://'.length)
  const attempts: readonly (readonly [string, RegExp])[] = [
    [taken, /^Cannot listen on 127.0.0.1:\d+: it is in use; stop what listens there, or choose another with --listen$/],
    [`unix:${dir}/missing/a.sock`, /a folder that exists and is writable/],
    [`unix:${dir}/${'a'.repeat(200)}`, /perhaps longer than about 100 bytes; choose a shorter one/],
    [`unix:${dir}/file`, /it is in use/],
    ['192.0.2.1:0', /this machine has no such address/],
  ]
  for (const [address, message] of attempts) {
    const runtime = await createRuntime({ models: dir, log })
    await assert.rejects(runtime.listen(address), { name: 'StartupError', message })
  }
  assert.deepEqual(await readdir(dir), ['file'])
})

test('a socket file that nobody listens on is taken over, a live one is not', async (t) => {
  const dir = await writeModels(t)
  const address = `unix:${dir}/a.sock`
  await leaveSocketBehind(`${dir}/a.sock`)
  const [first, second] = [await createRuntime({ models: dir, log }), await createRuntime({ models: dir, log })]
  t.after(() => first.close(1000))
  assert.equal(await first.listen(address), address)
  await assert.rejects(second.listen(address), { name: 'StartupError', message: /it is in use/ })
})

/** As a killed process does. */
async function leaveSocketBehind(path: string): Promise<void> {
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  const [, signal] = await once(spawn(process.execPath, ['-e', script]), 'exit')
  assert.equal(signal, 'SIGKILL')
}
