import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Caller, Key } from '../../kernel/caller.ts'
import { type IdentifyPorts, identify as identifyFrom, type KeyHeaders } from './identify.ts'

const key: Key = { id: 'key_1', consumer: 'shop', permissions: ['operate'], createdAt: 0 }
const ports = (over: Partial<Key> = {}, consumers = ['shop']) => ({
  findKey: (secret: string) => (secret === 'right' ? { ...key, ...over } : undefined),
  hasConsumer: (name: string) => consumers.includes(name),
  verifyToken: (): Caller => assert.fail('no token was sent'),
  now: () => 1000,
  used: () => {},
})
const identify = (headers: KeyHeaders, given: IdentifyPorts): Caller => {
  const caller = identifyFrom(headers, given, { ip: '127.0.0.1' })
  assert.ok(!(caller instanceof Promise))
  return caller
}
const code = (expected: string) => (error: unknown) => (error as { code?: string }).code === expected

describe('identify', () => {
  it('finds the caller with every included permission', () => {
    const caller = identify({ authorization: 'Bearer right' }, ports())
    assert.deepEqual([...caller.permissions].sort(), ['operate', 'read'])
    assert.equal(caller.consumer, 'shop')
    assert.equal(identify({ authorization: 'bearer right' }, ports()).keyId, 'key_1')
  })

  it('refuses no key, an unknown key and another scheme', () => {
    for (const sent of [
      undefined,
      '',
      'Bearer ',
      'Bearer wrong',
      'Basic right',
      'right',
      `Bearer ${'x'.repeat(10_000)}`,
    ]) {
      assert.throws(
        () => identify({ authorization: sent }, ports()),
        code('unauthenticated'),
        String(sent).slice(0, 20),
      )
    }
  })

  it('tells that "Bearer " is missing, of a good key and of any other text alike', () => {
    for (const sent of ['right', 'wrong', 'Basic right', 'Bearer', 'a.b.c', ''])
      assert.throws(() => identify({ authorization: sent }, ports()), {
        code: 'unauthenticated',
        message: 'The header Authorization must hold "Bearer " and then the key',
      })
    for (const [headers, message] of [
      [{}, 'No key was sent'],
      [{ 'x-api-key': ' ' }, 'No key was sent'],
      [{ authorization: 'Bearer wrong' }, 'The key that was sent is not known here'],
    ] as const)
      assert.throws(() => identify(headers, ports()), { message })
  })

  it("takes a key from x-api-key too, which Anthropic's clients send, where there is no Authorization", () => {
    assert.equal(identify({ 'x-api-key': 'right' }, ports()).keyId, 'key_1')
    assert.equal(identify({ authorization: 'Bearer right', 'x-api-key': 'wrong' }, ports()).keyId, 'key_1')
    for (const sent of [
      { authorization: 'Bearer wrong', 'x-api-key': 'right' },
      { authorization: 'Basic right', 'x-api-key': 'right' },
      { 'x-api-key': 'wrong' },
      { 'x-api-key': 'Bearer right' },
      { 'x-api-key': '' },
      { 'x-api-key': ['right', 'right'] },
    ]) {
      assert.throws(() => identify(sent, ports()), code('unauthenticated'), JSON.stringify(sent))
    }
  })

  it('tells a revoked key, and one whose consumer is gone, that they are', () => {
    assert.throws(() => identify({ authorization: 'Bearer right' }, ports({ revokedAt: 5 })), code('key_revoked'))
    assert.throws(() => identify({ authorization: 'Bearer right' }, ports({}, [])), code('key_revoked'))
  })
})

describe('a JSON Web Token', () => {
  const token = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln'
  const verified: Caller = { keyId: 'issuer:x', consumer: 'shop', permissions: new Set(), models: undefined }
  const from = { ip: '127.0.0.1' }

  it('goes to who verifies it, by either header, and its promise comes back', async () => {
    const seen: string[] = []
    const verifyToken = async (text: string) => {
      seen.push(text)
      return verified
    }
    for (const headers of [{ authorization: `Bearer ${token}` }, { 'x-api-key': token }, { 'x-api-key': 'e30.e30.' }])
      assert.equal(await identifyFrom(headers, { ...ports(), verifyToken }, from), verified)
    assert.deepEqual(seen, [token, token, 'e30.e30.'])
  })

  it('is none with other parts or letters, and no key that looks like one is taken for it', () => {
    for (const text of ['a.b', 'a.b.c.d', '.b.c', 'a..c', 'a.b.c=', 'a.b.ç', 'a.b .c'])
      assert.throws(() => identifyFrom({ 'x-api-key': text }, ports(), from), code('unauthenticated'), text)
    const chosen = { ...ports(), findKey: (secret: string) => (secret === token ? key : undefined) }
    assert.equal(identify({ authorization: `Bearer ${token}` }, chosen).keyId, 'key_1')
  })
})

describe('a token', () => {
  const minted: Caller = {
    ...{ keyId: 'key_1', consumer: 'shop', permissions: new Set(['infer']), models: undefined },
    ...{ token: 'minted', addresses: ['10.0.0.0/8'] },
  }
  const used: string[] = []
  const from = (ip: string, caller: Caller | Promise<Caller>) => {
    const given = { ...ports(), verifyToken: () => caller, used: (id: string) => void used.push(id) }
    return identifyFrom({ authorization: 'Bearer a.b.c' }, given, { ip })
  }

  it('that was minted from a key is taken from where the key is, and counts as its use then', async () => {
    assert.throws(() => from('11.0.0.1', minted), code('address_forbidden'))
    await assert.rejects(async () => await from('11.0.0.1', Promise.resolve(minted)), code('address_forbidden'))
    assert.deepEqual(used, [])
    assert.equal(from('10.0.0.1', minted), minted)
    assert.equal(await from('::ffff:10.0.0.1', Promise.resolve(minted)), minted)
    assert.deepEqual(used.splice(0), ['key_1', 'key_1'])
  })

  it("of an issuer's is taken from anywhere, and is no use of a key", () => {
    const { addresses: _, ...issued } = { ...minted, token: 'issued' } as const
    assert.equal(from('11.0.0.1', issued), issued)
    assert.deepEqual(used, [])
  })
})
