import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalText } from './canonical-text.ts'

/** JSON values whose numbers a number can hold. */
const value = fc.jsonValue({ noUnicodeString: false }).filter((json) => canonicalText(json) !== undefined)

function shuffled(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(shuffled)
  if (typeof json !== 'object' || json === null) return json
  const entries = Object.entries(json).map(([key, member]) => [key, shuffled(member)] as const)
  return Object.fromEntries(entries.reverse())
}

test('equal values have one text, whatever the order of their keys', () => {
  fc.assert(fc.property(value, (json) => assert.equal(canonicalText(shuffled(json)), canonicalText(json))))
})

test('different values have different texts', () => {
  fc.assert(
    fc.property(value, value, (a, b) => {
      // What JSON itself cannot tell apart, the sign of 0, is told apart here.
      const same = JSON.stringify(sorted(a)) === JSON.stringify(sorted(b)) && Object.is(a, -0) === Object.is(b, -0)
      if (!same) assert.notEqual(canonicalText(a), canonicalText(b))
    }),
  )
})

function sorted(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(sorted)
  if (typeof json !== 'object' || json === null) return json
  return Object.entries(json)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => [key, sorted(member)])
}

test('a list and an object, a text and a number, an absent member and null are different', () => {
  const values: unknown[] = [
    [],
    {},
    '',
    '1',
    1,
    null,
    [null],
    { a: null },
    ['a', null],
    [['a'], []],
    [['a', []]],
    -0,
    0,
  ]
  values.push(1n, '1n', { text: '1n', beyond: 'JSON' }, { text: '-0', beyond: 'JSON' }, JSON.parse('{"__proto__":1}'))
  assert.equal(new Set(values.map(canonicalText)).size, values.length)
  assert.equal(canonicalText({ a: undefined }), canonicalText({}))
})

test('there is none for a number that JSON says more exactly than it can be held, and for what is no JSON', () => {
  const none = [2 ** 53, -(2 ** 60), Number.NaN, Number.POSITIVE_INFINITY, undefined, new Date(0), new Uint8Array(1)]
  for (const one of none) assert.equal(canonicalText([one]), undefined)
  assert.equal(canonicalText([JSON.parse('9007199254740993')]), undefined)
  assert.equal(canonicalText(JSON.parse('{"__proto__": 1}')), '{"__proto__":1}')
})
