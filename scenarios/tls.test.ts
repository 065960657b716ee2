import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { connect, type PeerCertificate } from 'node:tls'
import { selfSigned } from '../packages/gateway/src/start/testing/self-signed.ts'
import { emptyModels, probeManifest, startTestGateway } from './testing/start-test-gateway.ts'
import { waitUntil } from './testing/wait-until.ts'

const bin = new URL('../packages/cli/bin/astraapi.mjs', import.meta.url).pathname
const body = JSON.stringify({ input: { text: 'hi' } })

async function folderOf(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'astra-tls-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const put = async (name: string, { cert, key }: ReturnType<typeof selfSigned>) => {
    await writeFile(join(folder, `${name}.pem`), cert)
    await writeFile(join(folder, `${name}.key`), key, { mode: 0o600 })
    return { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) }
  }
  return { folder, put }
}

/** A call over TLS that trusts this certificate alone. */
async function call(url: string, ca: string, key: string) {
  const { port } = new URL(url)
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const path = '/models/probe/v1/predict'
  const sent = request({ host: '127.0.0.1', port, method: 'POST', path, ca, headers, agent: false })
  sent.end(body)
  const [answer] = await once(sent, 'response')
  answer.resume()
  return answer.statusCode as number
}

async function subjectAt(url: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port), rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const { subject }: PeerCertificate = socket.getPeerCertificate()
  socket.destroy()
  return String(subject.CN)
}

test('calls and management are served over TLS, each with its own certificate', async (t) => {
  const { put } = await folderOf(t)
  const [calls, apart] = [selfSigned('calls'), selfSigned('apart')]
  const gateway = await startTestGateway({
    adminListen: '127.0.0.1:0',
    tls: await put('calls', calls),
    adminTls: await put('apart', apart),
  })
  try {
    assert.match(gateway.url, /^https:/)
    assert.match(gateway.adminUrl ?? '', /^https:/)
    assert.equal(await call(gateway.url, calls.cert, gateway.adminKey), 200)
    assert.deepEqual([await subjectAt(gateway.url), await subjectAt(gateway.adminUrl ?? '')], ['calls', 'apart'])
    await assert.rejects(call(gateway.url, apart.cert, gateway.adminKey), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
    // Plain HTTP at a TLS port gets no answer, and harms nobody.
    await assert.rejects(fetch(gateway.url.replace('https', 'http')))
    assert.equal(await call(gateway.url, calls.cert, gateway.adminKey), 200)
  } finally {
    await gateway.stop()
  }
})

test('SIGHUP has the certificate read again; a bad one is logged and changes nothing', async (t) => {
  const { folder, put } = await folderOf(t)
  const files = await put('tls', selfSigned('first'))
  const flags = [
    '--listen',
    '127.0.0.1:0',
    '--data',
    join(folder, 'data'),
    '--config',
    probeManifest,
    '--models',
    emptyModels,
  ]
  const child = spawn(process.execPath, [bin, 'start', ...flags, '--tls-cert', files.cert, '--tls-key', files.key], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ASTRA_LOG_LEVEL: 'info' },
  })
  t.after(() => child.kill('SIGKILL'))
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    log += text
  })
  let url = ''
  for await (const line of createInterface({ input: child.stdout })) {
    url = /ready at (https:\S+)/.exec(line)?.[1] ?? url
    if (url) break
  }
  assert.equal(await subjectAt(url), 'first')
  const open = connect({ host: '127.0.0.1', port: Number(new URL(url).port), rejectUnauthorized: false })
  await once(open, 'secureConnect')

  const second = selfSigned('second')
  await put('tls', second)
  child.kill('SIGHUP')
  await waitUntil('the second certificate', async () => (await subjectAt(url)) === 'second', 5000)
  open.write('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n')
  assert.match(String((await once(open, 'data'))[0]), /^HTTP\/1\.1 200/)
  open.destroy()

  await writeFile(files.cert, 'rubbish')
  child.kill('SIGHUP')
  await waitUntil('the fault in the log', () => log.includes('the one before stays in use'), 5000)
  assert.equal(await subjectAt(url), 'second')
  const adminKey = (await readFile(join(folder, 'data', 'admin.key'), 'utf8')).trim()
  assert.equal(await call(url, second.cert, adminKey), 200)
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  assert.deepEqual(await gone, [0, null])
})

test('behind nginx that terminates TLS, as the page has it, a key’s addresses are those of the client', async (t) => {
  if (spawnSync('nginx', ['-v']).error) return t.skip('there is no nginx here')
  const { folder, put } = await folderOf(t)
  const certificate = selfSigned()
  const files = await put('tls', certificate)
  const gateway = await startTestGateway({ trustedProxies: '127.0.0.1' })
  t.after(() => gateway.stop())
  const port = await freePort()
  const page = await readFile(new URL('../docs/tls.md', import.meta.url), 'utf8')
  const server = /```nginx\n([\s\S]*?)```/.exec(page)?.[1] ?? ''
  const conf = `daemon off; pid ${folder}/pid; error_log ${folder}/error.log; events {} http { access_log off;
    client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u;
    scgi_temp_path ${folder}/s;\n${server
      .replace('443 ssl', `127.0.0.1:${port} ssl`)
      .replace('/etc/ssl/astra.pem', files.cert)
      .replace('/etc/ssl/astra.key', files.key)
      .replace('127.0.0.1:8787', new URL(gateway.url).host)}}`
  await writeFile(join(folder, 'nginx.conf'), conf)
  const nginx = spawn('nginx', ['-c', join(folder, 'nginx.conf'), '-p', folder], { stdio: 'inherit' })
  t.after(() => nginx.kill('SIGTERM'))
  const { body: here } = await gateway.ask('POST', '/api/v1/keys', { consumer: 'tests', addresses: ['127.0.0.1'] })
  const { body: far } = await gateway.ask('POST', '/api/v1/keys', { consumer: 'tests', addresses: ['10.0.0.0/8'] })
  const url = `https://127.0.0.1:${port}`
  const answers = () =>
    call(url, certificate.cert, here.secret).then(
      () => true,
      () => false,
    )
  await waitUntil('nginx', answers, 5000)
  assert.equal(await call(url, certificate.cert, here.secret), 200)
  assert.equal(await call(url, certificate.cert, far.secret), 403)
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
}
