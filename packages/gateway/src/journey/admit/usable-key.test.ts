import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Key } from '../../kernel/caller.ts'
import type { AstraError } from '../../kernel/errors.ts'
import { requireUsable } from './usable-key.ts'

const key: Key = { id: 'key_1', consumer: 'shop', permissions: ['infer'], createdAt: 0 }
const use = (over: Partial<Key>, ip = '10.0.0.1') => requireUsable({ ...key, ...over }, { ip }, () => 1000)

test('a key ends at its time, and not before', () => {
  use({ expiresAt: 1001 })
  for (const expiresAt of [1000, 999, 0]) assert.throws(() => use({ expiresAt }), { code: 'key_expired' })
})

test('a key works from its addresses alone', () => {
  const addresses = ['10.0.0.0/8', '::1']
  for (const ip of ['10.0.0.1', '::ffff:10.9.9.9', '::1']) use({ addresses }, ip)
  for (const ip of ['11.0.0.1', '::2', '', 'unknown', '10.0.0.1\n', '<script>']) {
    assert.throws(() => use({ addresses }, ip), { code: 'address_forbidden' }, ip)
  }
})

test('the refusal names an address, and no other text that a proxy forwards', () => {
  const addresses = ['10.0.0.0/8']
  assert.throws(() => use({ addresses }, '192.0.2.7'), {
    message: 'This key may not be used from this address 192.0.2.7',
  })
  assert.throws(() => use({ addresses }, '<script>'), { message: 'This key may not be used from this address' })
})

test('who may have revoked the last key of an administrator is told the way back', () => {
  const next = (permission: 'infer' | 'admin') => {
    try {
      return use({ permissions: [permission], revokedAt: 1 })
    } catch (thrown) {
      return (thrown as AstraError).facts.next
    }
  }
  assert.match(next('admin') ?? '', /start the gateway again.*admin\.key/)
  assert.equal(next('infer'), undefined)
})

test('the address is not worked out for a key that is bound to none', () => {
  const from = {
    get ip(): string {
      return assert.fail('asked')
    },
  }
  requireUsable(key, from, () => 1000)
})

test('revoked is told before expired, and that before a wrong address', () => {
  const addresses = ['::1']
  assert.throws(() => use({ revokedAt: 1, expiresAt: 1, addresses }), { code: 'key_revoked' })
  assert.throws(() => use({ expiresAt: 1, addresses }), { code: 'key_expired' })
})
