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
    const caller = identify('Bearer right', ports())
    assert.deepEqual([...caller.permissions].sort(), ['operate', 'read'])
    assert.equal(caller.consumer, 'shop')
    assert.equal(identify('bearer right', ports()).keyId, 'key_1')
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
      assert.throws(() => identify(sent, ports()), code('unauthenticated'), String(sent).slice(0, 20))
    }
  })

  it('tells a revoked key, and one whose consumer is gone, that they are', () => {
    assert.throws(() => identify('Bearer right', ports({ revokedAt: 5 })), code('key_revoked'))
    assert.throws(() => identify('Bearer right', ports({}, [])), code('key_revoked'))
  })
})
