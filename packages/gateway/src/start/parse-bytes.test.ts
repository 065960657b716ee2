import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseBytes } from './options.ts'

test('bytes are a number, or one with its unit', () => {
  assert.equal(parseBytes('X', undefined), undefined)
  assert.equal(parseBytes('X', '1000'), 1000)
  assert.equal(parseBytes('X', '256MiB'), 268_435_456)
  assert.equal(parseBytes('X', '2 GiB'), 2 * 1024 ** 3)
})

test('what is none is refused in words that name the setting', () => {
  for (const text of ['', '-1', '1.5MiB', 'all', '1MB'])
    assert.throws(() => parseBytes('ASTRA_CACHE_BYTES', text), { name: 'StartError', message: /ASTRA_CACHE_BYTES/ })
})
