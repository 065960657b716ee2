import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AstraError } from '../../../kernel/errors.ts'
import { parseJsonMembers } from '../json-body.ts'
import { checkKeys } from './check-keys.ts'

function check(text: string): string | undefined {
  const bytes = Buffer.from(text)
  const { object, repeats } = parseJsonMembers(bytes, 1000)
  try {
    checkKeys(bytes, object, repeats)
    return undefined
  } catch (thrown) {
    const { code, facts } = thrown as AstraError
    assert.equal(code, 'invalid_input')
    assert.ok(facts.next)
    return facts.violations?.[0]?.path
  }
}

const refused: readonly (readonly [what: string, text: string, path: string])[] = [
  ['another case', '{"model":"a","Store":true}', '/Store'],
  ['another case of a key that is not there', '{"model":"a","Stream_Options":{}}', '/Stream_Options'],
  ['capitals', '{"model":"a","PREVIOUS_RESPONSE_ID":"x"}', '/PREVIOUS_RESPONSE_ID'],
  ['an escaped capital', '{"\\u004dodel":"a"}', '/Model'],
  ['letters that Go folds', '{"model":"a","\u017ftore":true}', '/\u017ftore'],
  ['a Kelvin sign', '{"bac\u212aground":true}', '/bac\u212aground'],
  ['a key twice', '{"model":"a","model":"b"}', '/model'],
  ['an unknown key twice', '{"model":"a","x":1,"x":1}', '/x'],
  ['an escaped key twice', '{"model":"a","mod\\u0065l":"b"}', '/model'],
  ['__proto__ twice', '{"__proto__":1,"__proto__":2}', '/__proto__'],
  ['a key twice in an object below', '{"messages":[{"role":"user","content":"a","content":"b"}]}', ''],
  ['an escaped key twice in an object below', '{"a":[[{"b":{"x":1,"\\u0078":2}}]]}', ''],
  ['__proto__ twice in an object below', '{"a":{"__proto__":1,"__proto__":2}}', ''],
  ['models', '{"model":"a","models":["b"]}', '/models'],
  ['fallbacks in capitals', '{"model":"a","Fallbacks":["b"]}', '/Fallbacks'],
]

const passed: readonly (readonly [what: string, text: string])[] = [
  ['protocol and unknown keys', '{"model":"a","messages":[],"store":false,"topK":3,"x":1}'],
  ['keys in strings and below', '{"model":"\\"Model\\":{","a":{"Model":1,"b":[{"model":1}]},"b":{"model":1}}'],
  ['nothing', '{}'],
  ['routing left out by null', '{"model":"a","models":null}'],
]

describe('checkKeys', () => {
  for (const [what, text, path] of refused) it(`refuses ${what}`, () => assert.equal(check(text), path))
  for (const [what, text] of passed) it(`passes ${what}`, () => assert.equal(check(text), undefined))
})
