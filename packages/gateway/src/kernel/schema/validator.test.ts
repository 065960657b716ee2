import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { chatAnswerSchema, chatRequestSchema } from '../chat-schema.ts'
import { explain } from './explain.ts'
import type { Schema } from './schema.ts'
import { diceOf, randomSchema, randomValue, times } from './testing/random-schema.ts'
import { compileCheck, compileSchema } from './validator.ts'

const spam: Schema = {
  type: 'object',
  properties: {
    text: { type: 'string', minLength: 1, maxLength: 10 },
    language: { type: 'string', enum: ['en', 'de', 'fr'] },
    size: { type: 'integer', minimum: 0 },
    tags: { type: 'object', additionalProperties: { type: 'string' } },
    'a/b~c': { type: 'array', items: { type: 'number' }, maxItems: 2 },
    when: { type: 'string', format: 'date-time' },
    pair: { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }] },
    price: { type: 'number', multipleOf: 0.1 },
  },
  required: ['text'],
}

const cases: readonly [string, unknown, readonly object[]][] = [
  ['what fits', { text: 'a', language: 'en', size: 1, tags: { x: 'y' }, price: 0.3 }, []],
  ['another type', 'a', [{ path: '/input', message: 'must be an object, not a string' }]],
  ['null', null, [{ path: '/input', message: 'must be an object, not null' }]],
  ['a missing field', {}, [{ path: '/input/text', message: 'is missing' }]],
  [
    'a misspelt field',
    { txet: 'a' },
    [
      { path: '/input/text', message: 'is missing' },
      { path: '/input/txet', message: 'is not a field here', suggestion: 'Did you mean "text"?' },
    ],
  ],
  [
    'a value not in the list',
    { text: 'a', language: 'ed' },
    [
      {
        path: '/input/language',
        message: 'must be one of "en", "de", "fr"',
        suggestion: 'Did you mean "en"?',
      },
    ],
  ],
  ['no coercion', { text: 1 }, [{ path: '/input/text', message: 'must be a string, not 1' }]],
  ['a fraction', { text: 'a', size: 1.5 }, [{ path: '/input/size', message: 'must be a whole number, not 1.5' }]],
  ['a bound', { text: 'a', size: -1 }, [{ path: '/input/size', message: 'must be at least 0' }]],
  ['a length', { text: '' }, [{ path: '/input/text', message: 'must have at least 1 character, has 0' }]],
  ['a length in code points', { text: '😀'.repeat(10) }, []],
  [
    'a length passed in code points',
    { text: '😀'.repeat(11) },
    [{ path: '/input/text', message: 'must have at most 10 characters, has 11' }],
  ],
  ['a map', { text: 'a', tags: { x: 1 } }, [{ path: '/input/tags/x', message: 'must be a string, not 1' }]],
  [
    'a name that needs escaping',
    { text: 'a', 'a/b~c': ['x'] },
    [{ path: '/input/a~1b~0c/0', message: 'must be a number, not a string' }],
  ],
  [
    'a format',
    { text: 'a', when: 'tomorrow' },
    [{ path: '/input/when', message: 'must be a date and time such as 2026-11-01T12:00:00Z' }],
  ],
  ['a tuple', { text: 'a', pair: ['x', 1] }, []],
  [
    'a tuple that is too long',
    { text: 'a', pair: ['x', 1, 2] },
    [{ path: '/input/pair', message: 'must have at most 2 elements, has 3' }],
  ],
  ['a step', { text: 'a', price: 0.35 }, [{ path: '/input/price', message: 'must be a multiple of 0.1' }]],
]
const check = compileSchema(spam)
for (const [name, value, violations] of cases) {
  test(`validates ${name}`, () => assert.deepEqual(check(value, '/input') ?? [], violations))
}

test('fields named like parts of Object are fields like others', () => {
  const text: Schema = { type: 'string' }
  const properties = Object.fromEntries([
    ['constructor', text],
    ['text', text],
  ])
  const validate = compileSchema({ type: 'object', properties, required: ['constructor'] })
  assert.equal(validate({ constructor: 'x' }, ''), undefined)
  assert.deepEqual(validate({ text: 'x' }, ''), [{ path: '/constructor', message: 'is missing' }])
  assert.equal(validate({ constructor: 'x', toString: 'y' }, '')?.[0]?.path, '/toString')
  assert.equal(validate(JSON.parse('{"constructor":"x","__proto__":{}}'), '')?.[0]?.path, '/__proto__')
})

const chat = compileSchema(chatRequestSchema)
const talk = (...messages: unknown[]) => chat({ messages }, '/input')

test('of alternatives, the nearest is explained', () => {
  assert.equal(talk({ role: 'user', content: [{ type: 'text', text: 'hi' }] }), undefined)
  assert.deepEqual(talk({ role: 'uesr', content: [] }), [
    {
      path: '/input/messages/0/role',
      message: 'must be one of "system", "user", "assistant", "tool"',
      suggestion: 'Did you mean "user"?',
    },
  ])
  assert.deepEqual(talk({ role: 'user', content: [{ type: 'text', txt: 'hi' }] }), [
    { path: '/input/messages/0/content/0/text', message: 'is missing' },
    {
      path: '/input/messages/0/content/0/txt',
      message: 'is not a field here',
      suggestion: 'Did you mean "text"?',
    },
  ])
  assert.deepEqual(talk({ role: 'user', content: 'hi' }), [
    {
      path: '/input/messages/0/content',
      message: 'must be a list, not a string',
      suggestion: 'Write for example [{"type":"text","text":"…"}].',
    },
  ])
  assert.deepEqual(talk({ content: [] }), [
    { path: '/input/messages/0/role', message: 'is missing: it must be one of "system", "user", "assistant", "tool"' },
  ])
  assert.deepEqual(talk('hi'), [{ path: '/input/messages/0', message: 'must be an object, not a string' }])
  assert.deepEqual(chat({ messages: [], toolChoice: 1 }, '')?.[1], {
    path: '/toolChoice',
    message: 'must be a string or an object, not 1',
    suggestion: 'Write "auto" or "none" or "required".',
  })
})

test('an unknown field like none that there is: all of them, where they are few', () => {
  const suggestionAmong = (count: number) => {
    const names = Array.from({ length: count }, (_, i) => `field-${i}`)
    const properties = Object.fromEntries(names.map((name) => [name, { type: 'string' } as const]))
    const validate = compileSchema({ type: 'object', properties, additionalProperties: false })
    const [violation] = validate({ other: 1 }, '') ?? []
    assert.equal(violation?.message, 'is not a field here')
    return violation?.suggestion
  }
  assert.equal(suggestionAmong(0), undefined)
  assert.equal(suggestionAmong(1), 'The field here is field-0.')
  assert.match(suggestionAmong(20) ?? '', /^The fields here are field-0, .*, field-19\.$/)
  assert.equal(suggestionAmong(21), undefined)
})

test('at most 20 violations are listed, however many there are', () => {
  const numbers = compileSchema({ type: 'array', items: { type: 'number' } })
  assert.equal(numbers(Array(1_000_000).fill('x'), '')?.length, 20)
})

test('many patterns in one schema stay apart', () => {
  const validate = compileSchema({
    type: 'object',
    properties: { a: { type: 'string', pattern: '^a' }, b: { type: 'string', pattern: '^b' } },
  })
  assert.equal(validate({ a: 'a', b: 'b' }, ''), undefined)
  assert.deepEqual(validate({ a: 'b', b: 'a' }, ''), [
    { path: '/a', message: 'must match the pattern ^a' },
    { path: '/b', message: 'must match the pattern ^b' },
  ])
})

test('formats hold, and long texts do not overflow them', () => {
  const format = (name: NonNullable<Schema['format']>) => compileSchema({ type: 'string', format: name })
  const megabytes = 'A'.repeat(12_000_000)
  assert.equal(format('byte')(megabytes, ''), undefined)
  assert.ok(format('byte')(`${megabytes}A`, ''))
  for (const name of ['uri', 'email', 'uuid', 'date', 'date-time'] as const) assert.ok(format(name)(megabytes, ''))
  assert.equal(format('uri')('https://example.com/a?b#c', ''), undefined)
  assert.equal(format('email')('a@example.com', ''), undefined)
  assert.equal(format('uuid')('0198c2a4-7c1e-7000-8000-000000000000', ''), undefined)
  assert.equal(format('date')('2028-02-29', ''), undefined)
  assert.ok(format('date')('2026-02-29', ''))
  assert.equal(compileSchema({ type: 'integer', format: 'int64' })(2 ** 53, ''), undefined)
  assert.ok(compileSchema({ type: 'integer', format: 'int64' })(1e19, ''))
})

test('a check refuses undeclared fields of an input, and takes them out of an output', () => {
  const schema: Schema = {
    type: 'object',
    properties: { label: { type: 'string' }, parts: { type: 'array', items: { type: 'object', properties: {} } } },
    required: ['label'],
  }
  const { input, output, chunk } = compileCheck({ input: schema, output: schema })
  assert.deepEqual(input({ label: 'a', more: 1 }, '/input'), [
    { path: '/input/more', message: 'is not a field here', suggestion: 'The fields here are label, parts.' },
  ])
  const answer = { label: 'a', more: 1, parts: [{ deep: true }] }
  assert.equal(output(answer), undefined)
  assert.deepEqual(answer, { label: 'a', parts: [{}] })
  assert.deepEqual(output({ more: 1 }), [{ path: '/label', message: 'is missing' }])
  assert.equal(chunk({ anything: 1 }), undefined)
})

test('in alternatives, fields are taken out by the one that the output is', () => {
  const { output } = compileCheck({ input: {}, output: chatAnswerSchema })
  const call = { type: 'tool-call', id: '1', tool: 't', arguments: '{}' }
  const answer = { choices: [{ content: [{ ...call, index: 0 }], finishReason: 'stop', native: null }], model: 'x' }
  assert.equal(output(answer), undefined)
  assert.deepEqual(answer, { choices: [{ content: [call], finishReason: 'stop' }] })
})

test('a form that fits as it stands loses nothing to a form with fewer fields', () => {
  const field: Schema = { type: 'string' }
  const short: Schema = { type: 'object', properties: { a: field }, required: ['a'] }
  const long: Schema = { type: 'object', properties: { a: field, b: field }, required: ['a', 'b'] }
  const { output } = compileCheck({ input: {}, output: { type: 'array', items: { oneOf: [short, long] } } })
  const answer = [
    { a: 'x', b: 'y' },
    { a: 'x', c: 'z' },
  ]
  assert.equal(output(answer), undefined)
  assert.deepEqual(answer, [{ a: 'x', b: 'y' }, { a: 'x' }])
})

test('compiled code and the explanation give the same verdict', () => {
  const seen = { fitting: 0, failing: 0 }
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const dice = diceOf(seed)
      const schema = randomSchema(dice)
      const validate = compileSchema(schema)
      const values = [...times(8, () => randomValue(dice, schema)), randomValue(dice, randomSchema(dice))]
      for (const value of values) {
        const violations = validate(value, '') ?? []
        assert.deepEqual(violations, explain(schema, value, ''), JSON.stringify({ schema, value }))
        seen[violations.length === 0 ? 'fitting' : 'failing']++
      }
    }),
    { numRuns: 400 },
  )
  assert.ok(seen.fitting > 500 && seen.failing > 500, JSON.stringify(seen))
})
