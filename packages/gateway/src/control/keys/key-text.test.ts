import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { hasChecksum, keyText, looksLikeKey } from './key-text.ts'

test('a new key has its form, its checksum and 32 random bytes', () => {
  const text = keyText((bytes) => Buffer.alloc(bytes, 0xff))
  assert.match(text, /^astra_[\w-]{49}$/)
  assert.deepEqual(Buffer.from(text.slice(6, 49), 'base64url'), Buffer.alloc(32, 0xff))
  assert.equal(hasChecksum(text), true)
  assert.equal(looksLikeKey(text), true)
})

test('one changed character breaks the checksum', () => {
  fc.assert(
    fc.property(fc.nat(48), fc.constantFrom(...'AZaz09-_'), (at, character) => {
      const text = keyText(randomBytes)
      const changed = text.slice(0, 6 + at) + character + text.slice(7 + at)
      // The last of the checksum's six characters carries two bits that decoders ignore, and we don't.
      assert.equal(hasChecksum(changed), changed === text)
    }),
  )
})

test('what cannot be a key is turned away', () => {
  const good = 'a'.repeat(32)
  assert.equal(looksLikeKey(good), true)
  for (const bad of [
    '',
    'a'.repeat(31),
    'a'.repeat(129),
    'a'.repeat(10_000),
    `${good}\n`,
    `${good} b`,
    `${good}é`,
    `\0${good}`,
  ]) {
    assert.equal(looksLikeKey(bad), false, JSON.stringify(bad.slice(0, 40)))
  }
})
