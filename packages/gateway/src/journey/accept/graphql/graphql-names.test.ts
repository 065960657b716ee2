import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { camelCase, fieldNames, isEnumName, pascalCase, typeName } from './graphql-names.ts'

test('names of models', () => {
  assert.equal(camelCase('support-chat'), 'supportChat')
  assert.equal(camelCase('a-1'), 'a1')
  assert.equal(pascalCase('support-chat'), 'SupportChat')
})

test('a property keeps its name where GraphQL can have it', () => {
  const names = fieldNames([
    'text',
    'snake_case',
    'foo-bar',
    'fooBar',
    'foo bar',
    '1st',
    '__type',
    'constructor',
    'größe',
    '日本',
  ])
  assert.deepEqual(Object.fromEntries(names), {
    text: 'text',
    snake_case: 'snake_case',
    'foo-bar': 'fooBar_2',
    fooBar: 'fooBar',
    'foo bar': 'fooBar_3',
    '1st': '_1st',
    __type: 'type',
    constructor: 'constructor_',
    größe: 'grE',
    日本: 'field',
  })
})

test('property: every property has a name of its own that GraphQL takes', () => {
  const property = fc.oneof(fc.string(), fc.constantFrom('a-b', 'aB', 'a b', '__a', '_', '0', 'toString', '__proto__'))
  fc.assert(
    fc.property(fc.uniqueArray(property), (properties) => {
      const names = [...fieldNames(properties).values()]
      assert.equal(names.length, properties.length)
      assert.equal(new Set(names).size, names.length)
      for (const name of names) {
        assert.match(name, /^(?!__)[A-Za-z_][A-Za-z0-9_]*$/)
        assert.ok(!(name in {}), name)
      }
    }),
  )
})

test('property: types of different models never meet', () => {
  const model = fc.stringMatching(/^[a-c](-?[a-cv1-2]){0,6}$/)
  const path = fc.array(fc.stringMatching(/^[a-cvV_][a-cvV1-2_]{0,4}$/), { maxLength: 3 })
  fc.assert(
    fc.property(model, model, path, path, (one, other, pathOfOne, pathOfOther) => {
      fc.pre(pascalCase(one) !== pascalCase(other))
      const name = (model: string, path: string[]) => typeName(`${pascalCase(model)}V1`, ['Input', ...path])
      assert.notEqual(name(one, pathOfOne), name(other, pathOfOther))
    }),
    { numRuns: 2_000 },
  )
  assert.equal(typeName('SpamV1', ['Output', 'foo_bar', 'v1']), 'SpamV1OutputFooBarV_1')
})

test('what is left of underscores takes no number that makes it a name of introspection', () => {
  assert.deepEqual([...fieldNames(['_', ' _', '__']).values()], ['_', 'field', 'field_2'])
})

test('names of enum values', () => {
  assert.deepEqual(['ham', 'auto', 'true', 'null', 'no-store', '0', '', '__x'].map(isEnumName), [
    true,
    true,
    false,
    false,
    false,
    false,
    false,
    false,
  ])
})
