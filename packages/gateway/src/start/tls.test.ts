import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { selfSigned } from './testing/self-signed.ts'
import { adminTlsFlags, openTls } from './tls.ts'

async function folderWith(t: TestContext, files: Readonly<Record<string, string>>) {
  const folder = await mkdtemp(join(tmpdir(), 'astra-tls-'))
  t.after(() => rm(folder, { recursive: true }))
  const put = (name: string, text: string) => writeFile(join(folder, name), text)
  for (const [name, text] of Object.entries(files)) await put(name, text)
  return { put, at: (name: string) => join(folder, name) }
}

async function serve(t: TestContext, files: { readonly cert: string; readonly key: string }) {
  const tls = await openTls(files)
  const server = tls.createServer((_request, response) => response.end('served'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const dial = async (options: ConnectionOptions = {}) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options })
    t.after(() => socket.destroy())
    await once(socket, 'secureConnect')
    return socket
  }
  return { tls, dial }
}

async function ask(socket: TLSSocket): Promise<string> {
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  const [answer] = await once(socket, 'data')
  return String(answer)
}

const subject = (socket: TLSSocket) => socket.getPeerCertificate().subject.CN

test('a reload gives new connections the new certificate, and open ones go on', async (t) => {
  const first = selfSigned('first')
  const { put, at } = await folderWith(t, { 'tls.pem': first.cert, 'tls.key': first.key })
  const { tls, dial } = await serve(t, { cert: at('tls.pem'), key: at('tls.key') })
  const before = await dial()
  assert.match(await ask(before), /^HTTP\/1\.1 200/)
  const second = selfSigned('second')
  await put('tls.pem', second.cert)
  await put('tls.key', second.key)
  await tls.reload()
  const after = await dial()
  assert.deepEqual([subject(before), subject(after)], ['first', 'second'])
  assert.match(await ask(before), /^HTTP\/1\.1 200/)
  // Half of a pair: what was in use stays.
  await put('tls.key', first.key)
  await assert.rejects(tls.reload(), { name: 'StartError', message: /is not that of the certificate/ })
  assert.equal(subject(await dial()), 'second')
})

test('TLS 1.2 is the least, and HTTP/1.1 what is spoken', async (t) => {
  const { cert, key } = selfSigned()
  const { at } = await folderWith(t, { 'tls.pem': cert, 'tls.key': key })
  const { dial } = await serve(t, { cert: at('tls.pem'), key: at('tls.key') })
  const trusting = { ca: cert, rejectUnauthorized: true, servername: 'localhost' }
  const socket = await dial({ ...trusting, ALPNProtocols: ['h2', 'http/1.1'] })
  assert.deepEqual([socket.getProtocol(), socket.alpnProtocol], ['TLSv1.3', 'http/1.1'])
  assert.equal((await dial({ maxVersion: 'TLSv1.2' })).getProtocol(), 'TLSv1.2')
  const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
  await assert.rejects(dial(old), /protocol version|unsupported protocol/i)
})

test('files that cannot be used are named, with what to do', async (t) => {
  const [one, other] = [selfSigned(), selfSigned()]
  const { at } = await folderWith(t, {
    'one.pem': one.cert,
    'one.key': one.key,
    'other.key': other.key,
    'rubbish.pem': 'rubbish\n',
    'empty.pem': '',
  })
  for (const [cert, key, words] of [
    ['one.pem', 'other.key', /other\.key is not that of the certificate .*one\.pem/],
    ['none.pem', 'one.key', /certificate .*none\.pem cannot be read \(ENOENT\).*--tls-cert/],
    ['one.pem', 'none.key', /key .*none\.key cannot be read \(ENOENT\).*--tls-key/],
    ['rubbish.pem', 'one.key', /cannot be used .*must be PEM/],
    ['one.pem', 'rubbish.pem', /cannot be used .*must be PEM/],
    ['one.pem', 'empty.pem', /cannot be used .*must be PEM|is not that/],
  ] as const) {
    await assert.rejects(
      openTls({ cert: at(cert), key: at(key) }),
      { name: 'StartError', message: words },
      `${cert} ${key}`,
    )
  }
  await assert.rejects(openTls({ cert: at('one.pem'), key: '' }), { message: /the key is missing.*--tls-key FILE/ })
  await assert.rejects(openTls({ cert: '', key: at('one.key') }), {
    message: /certificate is missing.*--tls-cert FILE/,
  })
})

test('files for management are asked for by its own flags', async (t) => {
  const { cert } = selfSigned()
  const { at } = await folderWith(t, { 'tls.pem': cert })
  await assert.rejects(openTls({ cert: at('tls.pem'), key: '' }, adminTlsFlags), { message: /--admin-tls-key FILE/ })
})

test('an encrypted key is told as such', async (t) => {
  const { cert, key } = selfSigned()
  const { at } = await folderWith(t, { 'tls.pem': cert, 'tls.key': key })
  try {
    execFileSync('openssl', ['pkey', '-in', at('tls.key'), '-aes256', '-passout', 'pass:secret', '-out', at('enc.key')])
  } catch {
    return t.skip('there is no openssl here')
  }
  await assert.rejects(openTls({ cert: at('tls.pem'), key: at('enc.key') }), {
    message: /enc\.key is encrypted.*openssl pkey/,
  })
})
