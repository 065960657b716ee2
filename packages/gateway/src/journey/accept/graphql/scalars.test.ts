import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConstValue, valueFromASTUntyped } from 'graphql'
import { int64, json } from './scalars.ts'

test('Int64 takes numbers and digits, and gives a number wherever one is exact', () => {
  const literal = (text: string) => int64.coerceInputLiteral?.(parseConstValue(text))
  assert.equal(literal('5'), 5)
  assert.equal(literal('"-9007199254740991"'), -9007199254740991)
  assert.equal(literal('9007199254740993'), '9007199254740993')
  assert.equal(int64.coerceInputValue('12'), 12)
  assert.equal(int64.coerceOutputValue(9007199254740993n), '9007199254740993')
  assert.equal(int64.coerceOutputValue(7n), 7)
  for (const bad of ['1.5', '"x"', '9223372036854775808', 'true', '[1]']) assert.throws(() => literal(bad), bad)
  for (const bad of [1.5, NaN, {}, true, '', '1e3']) assert.throws(() => int64.coerceInputValue(bad), String(bad))
})

test('JSON takes any literal, as plain objects', () => {
  const value = json.coerceInputLiteral?.(parseConstValue('{a: [1, -2.5, "s", true, null, word], __proto__: {b: 1}}'))
  assert.deepEqual(value, JSON.parse('{"a": [1, -2.5, "s", true, null, "word"], "__proto__": {"b": 1}}'))
  assert.equal(Object.getPrototypeOf(value), Object.prototype)
  assert.deepEqual(valueFromASTUntyped(parseConstValue('[1]')), json.coerceInputLiteral?.(parseConstValue('[1]')))
})
