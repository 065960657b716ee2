import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isNetwork, networksOf } from './networks.ts'

test('what is an address or a network', () => {
  for (const good of ['10.0.0.7', '10.0.0.0/8', '0.0.0.0/0', '::1', '2001:db8::/32', '::/0', '::ffff:10.0.0.0/104']) {
    assert.equal(isNetwork(good), true, good)
  }
  const bad = ['', '10', '10.0.0', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0.0/-1', '::/129', '10.0.0.07']
  for (const text of [...bad, 'fe80::1%eth0', 'loopback', 'example.com', ' 10.0.0.1', '10.0.0.0/0x8', '1.2.3.4:80']) {
    assert.equal(isNetwork(text), false, text)
  }
})

test('an address is in a network or not, whichever way it is written', () => {
  const office = networksOf(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32'])
  for (const inside of ['10.255.0.1', '::ffff:10.1.2.3', '192.0.2.7', '2001:db8:1::1', '2001:0DB8:0::1']) {
    assert.equal(office.has(inside), true, inside)
  }
  for (const outside of [
    '11.0.0.1',
    '192.0.2.8',
    '2001:db9::1',
    '::1',
    '',
    'evil',
    '10.0.0.1:80',
    '10.0.0.1, 1.1.1.1',
  ]) {
    assert.equal(office.has(outside), false, outside)
  }
})

test('an IPv4 network holds exactly the addresses that agree in its first bits', () => {
  const address = fc.nat(0xffffffff)
  const text = (n: number) => [24, 16, 8, 0].map((shift) => (n >>> shift) & 255).join('.')
  const cut = (n: number, bits: number) => (bits === 0 ? 0 : (n >>> (32 - bits)) >>> 0)
  fc.assert(
    fc.property(address, address, fc.integer({ min: 0, max: 32 }), fc.boolean(), (a, b, bits, near) => {
      // Half of the time one that differs in the last bits only.
      const other = near ? (a ^ (b & 0xff)) >>> 0 : b
      assert.equal(networksOf([`${text(a)}/${bits}`]).has(text(other)), cut(a, bits) === cut(other, bits))
    }),
  )
})
