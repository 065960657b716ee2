import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commandLine, startFlags } from './command-line.ts'
import { prepareListeners } from './listeners.ts'
import { parseTrustedProxies } from './options.ts'

const options = { listen: '127.0.0.1:0', data: '', config: '', models: '' }

test('trusted proxies are addresses and networks; nothing is none', () => {
  assert.deepEqual(parseTrustedProxies('10.0.0.0/8, ::1,'), ['10.0.0.0/8', '::1'])
  assert.deepEqual([parseTrustedProxies(), parseTrustedProxies(' ')], [[], []])
  for (const bad of ['loopback', 'true', '10.0.0.0/33', '*', '10.0.0.1;::1', 'proxy.example.com']) {
    assert.throws(
      () => parseTrustedProxies(`::1,${bad}`),
      { name: 'StartError', message: /--trusted-proxies names/ },
      bad,
    )
  }
})

test('whoever would believe everybody is told so', () => {
  for (const all of ['0.0.0.0/0', '::/0', '10.0.0.1/0'])
    assert.throws(
      () => parseTrustedProxies(`::1,${all}`),
      { name: 'StartError', message: /would believe everybody/ },
      all,
    )
})

test('what cannot be listened on ends the start before anything is opened, and names the flag', async () => {
  for (const [wrong, message] of [
    [{ listen: 'nowhere' }, /^--listen "nowhere" is no address/],
    [{ adminListen: '9001' }, /^--admin-listen "9001" is no address/],
    [{ trustedProxies: 'any' }, /^--trusted-proxies names "any"/],
    [{ tls: { cert: '/nowhere.pem', key: '/nowhere.key' } }, /certificate \/nowhere\.pem cannot be read/],
    [{ adminTls: { cert: '/nowhere.pem', key: '' } }, /certificate \/nowhere\.pem cannot be read/],
  ] as const) {
    await assert.rejects(prepareListeners({ ...options, ...wrong }), { name: 'StartError', message })
  }
})

test('a start that is shown again keeps management where it was', () => {
  const flags = { listen: '127.0.0.1:8788', adminListen: '127.0.0.1:9001', tlsCert: 'a cert.pem', data: 'd' }
  assert.equal(
    commandLine('astraapi start', flags, startFlags),
    "astraapi start --listen 127.0.0.1:8788 --admin-listen 127.0.0.1:9001 --tls-cert 'a cert.pem' --data d",
  )
})
