import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Contract } from './catalog.ts'
import { countValue, emptySketch, rowsOf } from './drift.ts'
import { type FeaturesOf, featureAt, featuresOf } from './drift-features.ts'
import type { Schema } from './schema/schema.ts'
import { type TaskName, taskTable } from './tasks.ts'

function of(task: TaskName, input?: Schema, output?: Schema, drift?: Contract['drift']): FeaturesOf {
  const table = taskTable[task]
  const published = {
    input: input ?? table.input ?? {},
    output: output ?? table.output({ labels: ['ham', 'spam'], dimensions: 3 }) ?? {},
  }
  return featuresOf({ task, published, drift })
}

const namesOf = ({ features }: FeaturesOf) => features.map(({ name, kind }) => `${name} ${kind}`)

describe('features', () => {
  it('are given by the task', () => {
    assert.deepEqual(namesOf(of('classification')), [
      'input.text.length numbers',
      'output.label categories',
      'output.score numbers',
    ])
    assert.deepEqual(namesOf(of('regression')), ['input.text.length numbers', 'output.value numbers'])
    assert.deepEqual(namesOf(of('moderation')), ['input.text.length numbers', 'output.flagged categories'])
    assert.deepEqual(namesOf(of('embedding')), ['input.text.length numbers'], 'each vector is as long as any other')
    assert.deepEqual(namesOf(of('completion')), [
      'input.characters numbers',
      'output.characters numbers',
      'output.finish categories',
    ])
    assert.deepEqual(namesOf(of('chat')), [
      'input.messages numbers',
      'input.characters numbers',
      'input.lastUser numbers',
      'output.characters numbers',
      'output.finish categories',
    ])
  })

  it('are given by schemas: what can be counted and is not always the same', () => {
    const input: Schema = {
      type: 'object',
      properties: {
        name: { type: ['string', 'null'] },
        age: { type: 'integer' },
        vip: { type: 'boolean' },
        plan: { type: 'string', enum: ['free', 'paid'] },
        kind: { type: 'string', enum: ['only'] },
        fixed: { const: 3 },
        id: { type: 'string', format: 'uuid' },
        pixels: { type: 'array', items: { type: 'number' }, minItems: 64, maxItems: 64 },
        tags: { type: 'array', items: { type: 'string' } },
        pair: { type: 'array', prefixItems: [{ type: 'number' }, { type: 'number' }] },
        any: { oneOf: [{ type: 'string' }, { type: 'number' }] },
        map: { type: 'object', additionalProperties: { type: 'number' } },
        share: { type: 'number', minimum: 0, maximum: 1 },
        'a/b~c': { type: 'object', properties: { deep: { type: 'number' } } },
      },
    }
    const { features } = of('custom', input, { type: 'string' })
    assert.deepEqual(
      features.map(({ name, key }) => [name, key]),
      [
        ['input.name.length', 'input/name length'],
        ['input.age', 'input/age number'],
        ['input.vip', 'input/vip category'],
        ['input.plan', 'input/plan category'],
        ['input.tags.length', 'input/tags length'],
        ['input.share', 'input/share probability'],
        ['input.a/b~c.deep', 'input/a~1b~0c/deep number'],
        ['output.length', 'output length'],
      ],
    )
    const value = { name: null, age: 4, vip: false, plan: 'paid', tags: ['x', 'y'], share: 0.5, 'a/b~c': { deep: 0.5 } }
    assert.deepEqual(
      features.map(({ of, read }) => read(of === 'input' ? value : 'four')),
      [undefined, 4, 'false', 'paid', 2, 0, 0.5, 4],
    )
  })

  it('are at most so many, those nearest to the top first, and the rest is counted', () => {
    const numbers = (count: number): Schema => ({
      type: 'object',
      properties: Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, { type: 'number' }])),
    })
    const deep: Schema = { type: 'object', properties: { deep: numbers(40), top: { type: 'number' } } }
    const { features, leftOut } = of('custom', deep, numbers(2))
    assert.equal(features.length, 32)
    assert.equal(leftOut, 11)
    assert.ok(features.some(({ name }) => name === 'input.top') && features.some(({ name }) => name === 'output.f1'))
  })

  it('are the declared ones alone where there are any', () => {
    const words = { of: 'input', at: '/text', as: 'length' } as const
    const { features, leftOut } = of('chat', undefined, undefined, { windowMs: 1, first: 100, features: { words } })
    assert.deepEqual([features.map(({ name, key }) => [name, key]), leftOut], [[['words', 'input/text length']], 0])
  })
})

describe('a feature', () => {
  const read = (as: 'length' | 'number' | 'category', at: string, value: unknown) =>
    featureAt('x', { of: 'input', at, as }).read(value)

  it('is read where its pointer leads, and never from what objects inherit', () => {
    const value = { a: [{ b: 'four' }], constructor: { name: 5 } }
    assert.equal(read('length', '/a/0/b', value), 4)
    assert.equal(read('number', '/constructor/name', value), 5)
    assert.equal(read('category', '/constructor/name', {}), undefined)
    assert.equal(read('length', '/a/x/b', value), undefined)
    assert.equal(read('length', '/a/length', value), undefined)
    assert.equal(read('length', '', ['x']), 1)
  })

  it('has no value where it is of another type', () => {
    assert.deepEqual(
      [read('length', '', 5), read('number', '', '5'), read('category', '', {})],
      [undefined, undefined, undefined],
    )
    assert.deepEqual([read('number', '', 5n), read('category', '', 5), read('category', '', true)], [5, '5', 'true'])
    const sketch = emptySketch('numbers')
    countValue(sketch, undefined)
    countValue(sketch, 'text')
    countValue(sketch, 2)
    assert.ok(sketch.kind === 'numbers')
    assert.deepEqual([sketch.count, sketch.missing, rowsOf(sketch)], [1, 2, 3])
    const categories = emptySketch('categories')
    countValue(categories, undefined)
    assert.deepEqual(categories.kind === 'categories' && categories.names, ['(none)'])
  })

  it('that is a probability tells those near to 0 and to 1 apart, and is shown as it was', () => {
    const { read, shown } = featureAt('score', { of: 'output', at: '/score', as: 'probability' })
    for (const score of [0, 0.001, 0.02, 0.5, 0.98, 0.99, 0.999, 1]) {
      const counted = read({ score })
      assert.ok(
        shown && typeof counted === 'number' && Math.abs(shown(counted) - score) < 1e-12,
        `${score}: ${counted}`,
      )
    }
    const sketch = emptySketch('numbers')
    for (const score of [0.98, 0.985, 0.99, 0.999]) countValue(sketch, read({ score }))
    assert.equal(sketch.kind === 'numbers' && sketch.above.indices.length, 4)
    assert.deepEqual([read({ score: '1' }), read({ score: 2 })], [undefined, read({ score: 1 })])
  })

  it('of a chat counts what was said, whoever the vendor is', () => {
    const { features } = of('chat')
    const text = (text: string) => ({ type: 'text', text })
    const input = {
      messages: [
        { role: 'system', content: [text('12345')] },
        { role: 'user', content: [text('123'), { type: 'image', source: { url: 'http://a' } }] },
        { role: 'tool', content: [{ type: 'tool-result', id: '1', content: [text('1234')] }] },
        { role: 'user', content: [text('12'), text('34')] },
      ],
    }
    const call = { type: 'tool-call', id: '1', tool: 'look', arguments: '{}' }
    const output = {
      choices: [{ content: [{ type: 'reasoning', text: '123' }, text('1'), call], finishReason: 'refusal' }],
    }
    assert.deepEqual(
      features.map(({ of, read }) => read(of === 'input' ? input : output)),
      [4, 16, 4, 6, 'refusal'],
    )
    for (const odd of [undefined, null, 5, {}, { messages: 1, choices: 2 }, { messages: [null], choices: [5] }]) {
      for (const { read } of features) read(odd)
    }
  })
})
