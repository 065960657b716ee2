import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { optionsFromObject } from '../call-options.ts'
import { withBodyOptions } from './body-options.ts'

test('headers win over the body', () => {
  const said = { unit: 'body', tags: { from: 'body' } }
  assert.deepEqual(withBodyOptions({}, said), said)
  const header = { unit: 'header', tags: { from: 'header' }, timeoutMs: 5 }
  assert.deepEqual(withBodyOptions(header, said), header)
  assert.deepEqual(withBodyOptions({}, {}), {})
})

test('a unit that does not fit stands by its SHA-256', () => {
  for (const unit of ['Grüße', 'a\nb', 'x'.repeat(257)]) {
    assert.equal(withBodyOptions({}, { unit }).unit, hash('sha256', unit, 'hex'))
  }
  for (const unit of ['', 7, null, { id: 'a' }, undefined]) assert.deepEqual(withBodyOptions({}, { unit }), {})
})

test('tags that do not fit are left out, the others stay', () => {
  const tags = { team: 'search', _hidden: 'x', long: 'x'.repeat(65), text: 'ü', count: 3, tier: 'gold' }
  assert.deepEqual(withBodyOptions({}, { tags }), { tags: { team: 'search', tier: 'gold' } })
  for (const none of [{}, { count: 3 }, ['a'], 'a=b', null]) assert.deepEqual(withBodyOptions({}, { tags: none }), {})
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`t${i}`, 'x']))
  assert.equal(Object.keys(withBodyOptions({}, { tags: many }).tags ?? {}).length, 16)
})

test('no body ever fails a call, and what is read fits the bounds of the headers', () => {
  fc.assert(
    fc.property(fc.anything(), fc.anything(), (unit, tags) => {
      const options = withBodyOptions({}, { unit, tags })
      assert.deepEqual(optionsFromObject({ ...options }), options)
    }),
  )
})
