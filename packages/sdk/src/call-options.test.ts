import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { optionsFromHeaders } from '../../gateway/src/journey/accept/call-options.ts'
import { type CallOptions, callHeaders } from './call-options.ts'

const text = fc.stringMatching(/^[!-~]([ -~]{0,60}[!-~])?$/)
const tag = fc.stringMatching(/^[!-+\--<>-~]{0,60}$/)
const tags = fc.dictionary(fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.-]{0,30}$/), tag, { minKeys: 1, maxKeys: 16 })
const options = fc.record(
  {
    unit: text,
    session: text,
    version: text,
    reference: text,
    tags,
    cache: fc.constantFrom('no-cache', 'no-store'),
    idempotencyKey: text,
  },
  { requiredKeys: [], noNullPrototype: true },
)

test('property: the gateway reads what was said', () => {
  fc.assert(
    fc.property(options, (given) => {
      const { tags, ...rest } = optionsFromHeaders(callHeaders(given as CallOptions))
      const { tags: givenTags, ...givenRest } = given
      assert.deepEqual(rest, givenRest)
      assert.deepEqual({ ...tags }, { ...givenTags })
    }),
  )
})

test('what is left out, undefined or the default sends no header', () => {
  assert.deepEqual(callHeaders({ unit: undefined, tags: {}, cache: 'default', timeoutMs: 5 }), {})
})

const refused: readonly (readonly [options: CallOptions, detail: RegExp])[] = [
  [{ unit: '' }, /^unit must be printable ASCII/],
  [{ unit: 'Jürgen' }, /^unit /],
  [{ session: 'a\r\nAstra-Version: 1' }, /^session /],
  [{ reference: ' padded ' }, /^reference /],
  [{ tags: { a: 'b,c=d' } }, /^tags may hold no ","/],
  [{ tags: { 'a=b': 'c' } }, /^tags /],
  [{ tags: { a: 'x ' } }, /^tags /],
  [{ tags: { a: 'é' } }, /^tags /],
]

for (const [given, detail] of refused) {
  test(`refused before anything is sent: ${JSON.stringify(given)}`, () => {
    assert.throws(() => callHeaders(given), { name: 'InputError', code: 'invalid_option', detail })
  })
}
