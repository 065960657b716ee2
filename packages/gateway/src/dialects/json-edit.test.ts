import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { setMembers } from './json-edit.ts'

const edit = (text: string, members: Record<string, string>) => setMembers(Buffer.from(text), members).toString()

test('replaces a member and keeps every other byte', () => {
  const text = '{ "a" : 12345678901234567890, "model":"x" ,\n"nested":{"model":"y","b":[1,{"model":"}"}]}, "e":1.0 }'
  const expected = text.replace('"x"', '"up"')
  assert.equal(edit(text, { model: '"up"' }), expected)
})

test('replaces every occurrence, however its key is escaped', () => {
  const text = '{"mod\\u0065l":"a","model":{"x":[]},"\\u006dodel":null}'
  assert.equal(edit(text, { model: '"up"' }), '{"mod\\u0065l":"up","model":"up","\\u006dodel":"up"}')
})

test('adds what is absent at the end', () => {
  assert.equal(edit('{}', { a: '1' }), '{"a":1}')
  assert.equal(edit(' {\n} ', { a: '1', b: '[]' }), ' {\n"a":1,"b":[]} ')
  assert.equal(edit('{"x":true }', { a: '1' }), '{"x":true ,"a":1}')
})

test('strings that look like structure are strings', () => {
  const text = '{"a":"\\\\","b":"\\"model\\":\\"z\\"}","c\\"":"{","model":"x"}'
  assert.equal(edit(text, { model: '"up"' }), text.replace('"x"', '"up"'))
})

test('a key that every object inherits is no member', () => {
  assert.equal(
    edit('{"constructor":1,"__proto__":2}', { model: '"up"' }),
    '{"constructor":1,"__proto__":2,"model":"up"}',
  )
})

test('bytes that are not JSON end in an error', () => {
  assert.throws(() => edit('{"a":[1,2', { model: '1' }), /valid JSON/)
  assert.throws(() => edit('{"a":"b', { model: '1' }), /valid JSON/)
})

const json = fc.jsonValue({ maxDepth: 4 })
const objects = fc.dictionary(fc.oneof(fc.constantFrom('model', 'stream_options', 'a"b', 'ä\\'), fc.string()), json)
const layouts = fc.constantFrom<string | number | undefined>(undefined, 1, '\t')

test('property: the members are set, and nothing else changes', () => {
  const members = fc.dictionary(fc.constantFrom('model', 'stream_options', 'new'), json, { minKeys: 1 })
  fc.assert(
    fc.property(objects, members, layouts, (object, set, layout) => {
      const text = JSON.stringify(object, null, layout)
      const texts = Object.fromEntries(Object.entries(set).map(([key, value]) => [key, JSON.stringify(value)]))
      const changed = edit(text, texts)
      const expected = Object.fromEntries([...Object.entries(JSON.parse(text)), ...Object.entries(set)])
      assert.deepEqual(JSON.parse(changed), JSON.parse(JSON.stringify(expected)))
      assert.equal(edit(changed, texts), changed)
    }),
  )
})

test('property: setting members to what they are changes no byte', () => {
  fc.assert(
    fc.property(objects, layouts, (object, layout) => {
      const same = Object.fromEntries(
        Object.entries(object).map(([key, value]) => [key, JSON.stringify(value, null, layout)]),
      )
      // The layout of a nested value has its depth in it, so that only flat texts can be compared.
      const text =
        layout === undefined
          ? JSON.stringify(object)
          : `{ ${Object.entries(same)
              .map(([key, value]) => `${JSON.stringify(key)} : ${value}`)
              .join(' ,\n')} }`
      assert.equal(edit(text, same), text)
    }),
  )
})
