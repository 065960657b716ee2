import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ContractRevision } from '../catalog-state.ts'
import { chatAnswerSchema, chatChunkSchema, chatRequestSchema } from '../chat-schema.ts'
import { closeSchema } from './closed.ts'
import { breakingChanges, sameRevision } from './compatibility.ts'
import { fits } from './explain.ts'
import type { Schema } from './schema.ts'
import { stripUndeclared } from './strip.ts'
import { randomChange } from './testing/random-change.ts'
import { diceOf, randomSchema, randomValue, times } from './testing/random-schema.ts'

function paths(before: Partial<ContractRevision>, after: Partial<ContractRevision>): string[] {
  return breakingChanges({ input: {}, output: {}, ...before }, { input: {}, output: {}, ...after }).map(
    ({ path }) => path,
  )
}

/** The fields' schemas before and after, all required; undefined = the field is not there. */
type Fields = Readonly<Record<string, Schema | undefined>>
const text: Schema = { type: 'string' }
const whole: Schema = { type: 'integer' }

function object(fields: Fields, required = Object.keys(fields)): Schema {
  const properties = Object.fromEntries(
    Object.entries(fields).flatMap(([name, field]) => (field ? [[name, field]] : [])),
  )
  return { type: 'object', properties, required }
}

/** before, after, where it breaks as an input, where it breaks as an output (below the schema). */
const cases: Readonly<Record<string, readonly [Schema, Schema, readonly string[], readonly string[]]>> = {
  'the same': [object({ text }), object({ text }), [], []],
  'a description': [object({ text }), object({ text: { ...text, description: 'x' } }), [], []],
  'a new optional field': [object({ text }), object({ text, more: text }, ['text']), [], []],
  'a new required field': [object({ text }), object({ text, more: text }), ['/properties/more'], []],
  'a field removed': [
    object({ text, more: text }, []),
    object({ text }, []),
    ['/properties/more'],
    ['/properties/more'],
  ],
  'a field made optional': [object({ text }), object({ text }, []), [], ['/properties/text']],
  'a field made required': [object({ text }, []), object({ text }), ['/properties/text'], []],
  'a lower maximum': [{ ...text, maxLength: 9 }, { ...text, maxLength: 8 }, ['/maxLength'], []],
  'a higher maximum': [{ ...text, maxLength: 9 }, { ...text, maxLength: 10 }, [], ['/maxLength']],
  'a maximum added': [text, { ...text, maxLength: 8 }, ['/maxLength'], []],
  'a maximum dropped': [{ ...text, maxLength: 8 }, text, [], ['/maxLength']],
  'a higher minimum': [{ ...whole, minimum: 1 }, { ...whole, minimum: 2 }, ['/minimum'], []],
  'a minimum excluded': [{ ...whole, minimum: 1 }, { ...whole, exclusiveMinimum: 1 }, ['/exclusiveMinimum'], []],
  'a finer step': [{ ...whole, multipleOf: 6 }, { ...whole, multipleOf: 3 }, [], ['/multipleOf']],
  'a pattern': [text, { ...text, pattern: '^a' }, ['/pattern'], []],
  'another pattern': [{ ...text, pattern: '^b' }, { ...text, pattern: '^a' }, ['/pattern'], ['/pattern']],
  'a format': [text, { ...text, format: 'date' }, ['/format'], []],
  'an enum value added': [{ ...text, enum: ['a'] }, { ...text, enum: ['a', 'b'] }, [], ['/enum']],
  'an enum value removed': [{ ...text, enum: ['a', 'b'] }, { ...text, enum: ['a'] }, ['/enum'], []],
  'an enum for a free text': [text, { ...text, enum: ['a'] }, ['/enum'], []],
  'a free text for an enum': [{ ...text, enum: ['a'] }, text, ['/enum'], ['/enum']],
  'another type': [text, whole, [''], ['']],
  'a wider type, which callers name': [whole, { type: 'number' }, [''], ['']],
  'a 64-bit number': [whole, { ...whole, format: 'int64' }, [''], ['']],
  'null allowed': [text, { type: ['string', 'null'] }, [], ['/type']],
  'null refused': [{ type: ['string', 'null'] }, text, ['/type'], []],
  'a map for an object': [object({}), { type: 'object' }, [''], ['']],
  'a tuple for a list': [{ type: 'array', items: text }, { type: 'array', prefixItems: [text] }, [''], ['']],
  'a longer tuple': [
    { type: 'array', prefixItems: [text] },
    { type: 'array', prefixItems: [text, text] },
    [],
    ['/maxItems'],
  ],
  'a narrower element': [
    { type: 'array', items: text },
    { type: 'array', items: { ...text, minLength: 1 } },
    ['/items/minLength'],
    [],
  ],
  'a form added': [{ oneOf: [text, whole] }, { oneOf: [text, whole, { type: 'null' }] }, [], ['/oneOf/2']],
  'a form removed': [{ oneOf: [text, whole, { type: 'null' }] }, { oneOf: [text, whole] }, ['/oneOf/2'], []],
  'forms in another order': [{ oneOf: [text, whole] }, { oneOf: [whole, text] }, [], []],
  'a form narrowed': [
    { oneOf: [text, whole] },
    { oneOf: [whole, { ...text, maxLength: 3 }] },
    ['/oneOf/1/maxLength'],
    [],
  ],
  'a field of another form added': [
    { oneOf: [object({ a: text }), object({ b: text })] },
    { oneOf: [object({ a: text, b: text }, ['a']), object({ b: text })] },
    [],
    ['/oneOf/0'],
  ],
  'a field that tells forms apart added': [
    { oneOf: [object({ a: text }), object({ b: text })] },
    { oneOf: [object({ a: text, b: whole }, ['a', 'b']), object({ b: text })] },
    ['/oneOf/0/properties/b'],
    [],
  ],
}
for (const [name, [before, after, asInput, asOutput]] of Object.entries(cases)) {
  test(`${name}: ${asInput.length > 0 ? 'breaks' : 'keeps'} an input`, () => {
    assert.deepEqual(
      paths({ input: before }, { input: after }),
      asInput.map((path) => `/input${path}`),
    )
  })
  test(`${name}: ${asOutput.length > 0 ? 'breaks' : 'keeps'} an output`, () => {
    assert.deepEqual(
      paths({ output: before }, { output: after }),
      asOutput.map((path) => `/output${path}`),
    )
  })
}

test('each place is named, below alternatives too', () => {
  const changed: Schema = JSON.parse(
    JSON.stringify(chatRequestSchema).replace(
      '"mediaType":{"type":"string"}',
      '"mediaType":{"type":"string","maxLength":9}',
    ),
  )
  assert.deepEqual(paths({ input: chatRequestSchema }, { input: chatRequestSchema }), [])
  const where = paths({ input: chatRequestSchema }, { input: changed })
  assert.equal(where.length, 1)
  assert.match(where[0] ?? '', /^\/input\/properties\/messages\/items\/oneOf\/1\/.*\/properties\/mediaType\/maxLength$/)
})

test('a stream stays a stream, and its chunks are outputs', () => {
  assert.deepEqual(paths({ chunk: chatChunkSchema }, { chunk: chatChunkSchema }), [])
  assert.deepEqual(paths({ chunk: chatChunkSchema }, {}), ['/chunk'])
  assert.deepEqual(paths({}, { chunk: chatChunkSchema }), [])
  assert.deepEqual(paths({ chunk: text }, { chunk: whole }), ['/chunk'])
})

test('input tensors may not change, output tensors may be added', () => {
  const a = { name: 'a', datatype: 'FP32', shape: [-1] } as const
  const b = { name: 'b', datatype: 'INT64', shape: [-1, 2] } as const
  const of = (inputs: (typeof a | typeof b)[], outputs: (typeof a | typeof b)[]) => ({ tensors: { inputs, outputs } })
  assert.deepEqual(paths(of([a], [b]), of([a], [b])), [])
  assert.deepEqual(paths(of([a], [b]), of([a], [b, a])), [])
  assert.deepEqual(paths(of([a], [b]), of([a, b], [a])), ['/tensors/outputs/b', '/tensors/inputs/b'])
  assert.deepEqual(paths(of([a], []), { tensors: { inputs: [{ ...a, datatype: 'FP64' }], outputs: [] } }), [
    '/tensors/inputs/a',
  ])
  assert.deepEqual(paths(of([a], []), {}), ['/tensors'])
  assert.deepEqual(paths({}, of([a], [])), [])
})

test('revisions are the same whatever their notes and spelling', () => {
  const input = object({ a: text, b: whole })
  const spelt: Schema = { ...closeSchema(input), required: ['b', 'a'], description: 'x', default: {} }
  assert.ok(sameRevision({ input, output: chatAnswerSchema }, { input: spelt, output: chatAnswerSchema }))
  assert.ok(!sameRevision({ input, output: text }, { input: object({ a: text }), output: text }))
  assert.ok(!sameRevision({ input, output: text }, { input, output: text, chunk: text }))
})

/**
 * The heart of the matter, for random schemas and random changes of them. Without a change that is let through the test
 * would prove nothing, so both verdicts are counted.
 */
function provesSound(side: 'input' | 'output', judge: (before: Schema, after: Schema, seed: number) => number) {
  const seen = { kept: 0, keptAndChanged: 0, broken: 0, values: 0 }
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const dice = diceOf(seed)
      const before = randomSchema(dice)
      const after = randomChange(dice, before)
      if (paths({ [side]: before }, { [side]: after }).length > 0) {
        seen.broken++
        return
      }
      seen.kept++
      if (JSON.stringify(before) !== JSON.stringify(after)) seen.keptAndChanged++
      seen.values += judge(before, after, seed)
    }),
    { numRuns: 3000 },
  )
  assert.ok(seen.keptAndChanged > 300 && seen.broken > 300 && seen.values > 5000, JSON.stringify(seen))
}

test('what fitted an input fits it after every change that is let through', () => {
  provesSound('input', (before, after, seed) => {
    const dice = diceOf(seed + 1)
    const values = times(25, () => randomValue(dice, before)).filter((value) => fits(before, value))
    for (const value of values) assert.ok(fits(after, value), JSON.stringify({ before, after, value }))
    return values.length
  })
})

test('what comes out after a change that is let through could have come before it, new fields aside', () => {
  provesSound('output', (before, after, seed) => {
    const dice = diceOf(seed + 1)
    const values = times(25, () => randomValue(dice, after)).filter((value) => fits(after, value))
    for (const value of values) {
      const known = structuredClone(value)
      stripUndeclared(before, known)
      assert.ok(fits(before, known), JSON.stringify({ before, after, value, known }))
    }
    return values.length
  })
})
