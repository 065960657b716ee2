import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Key } from '../../kernel/caller.ts'
import { identify } from './identify.ts'

const key: Key = { id: 'key_1', consumer: 'shop', permissions: ['operate'], createdAt: 0 }
const ports = (over: Partial<Key> = {}, consumers = ['shop']) => ({
  findKey: (secret: string) => (secret === 'right' ? { ...key, ...over } : undefined),
  hasConsumer: (name: string) => consumers.includes(name),
})
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
