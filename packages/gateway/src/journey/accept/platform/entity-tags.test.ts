import assert from 'node:assert/strict'
import { test } from 'node:test'
import { entityTags } from './entity-tags.ts'

const cases: readonly [string | undefined, readonly string[] | undefined][] = [
  [undefined, undefined],
  [' ', undefined],
  ['*', ['*']],
  ['"7"', ['7']],
  ['7', ['7']],
  ['"a", "1"', ['a', '1']],
  ['"a,b" ,"1"', ['a,b', '1']],
  ['W/"7"', ['W/"7"']],
  ['W/"7", "8"', ['W/"7"', '8']],
]

for (const [header, tags] of cases) {
  test(`If-Match: ${header}`, () => assert.deepEqual(entityTags(header), tags))
}
