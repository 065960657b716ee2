import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type CompareOptions, compareOutputs, type MeasureName } from './compare-outputs.ts'
import { jsonDifference } from './json-difference.ts'
import { numberDistance, vectorDistance } from './number-distance.ts'
import { textDistance } from './text-distance.ts'

const chat = (...content: unknown[]) => ({ choices: [{ content, finishReason: 'stop' }] })
const said = (text: string) => ({ type: 'text', text })
const call = (id: string, city: string) => ({
  type: 'tool-call',
  id,
  tool: 'weather',
  arguments: `{"city": "${city}"}`,
})

describe('compareOutputs', () => {
  type Row = readonly [string, unknown, unknown, MeasureName, boolean, number, CompareOptions?]
  const enumeration = { schema: { enum: ['yes', 'yes, but', 'no'] } }
  const rows: readonly Row[] = [
    ['equal labels', { label: 'spam', score: 0.9 }, { label: 'spam', score: 0.7 }, 'label', true, 0.2],
    ['other labels', { label: 'spam', score: 0.9 }, { label: 'ham', score: 0.9 }, 'label', false, 1],
    ['labels without scores', { label: 'spam' }, { label: 'spam' }, 'label', true, 0],
    [
      'a moderation',
      { flagged: true, categories: { hate: true } },
      { flagged: true, categories: {} },
      'label',
      true,
      0,
    ],
    ['booleans', true, false, 'label', false, 1],
    ['strings of an enumeration', 'yes', 'yes, but', 'label', false, 1, enumeration],
    ['whole numbers by their schema', 1000, 1001, 'label', false, 1, { schema: { type: 'integer' } }],
    ['numbers', 100, 100.5, 'number', true, 0.5 / 100.5],
    ['numbers of a regression', { value: 2 }, { value: 1 }, 'number', false, 0.5],
    ['numbers of opposite sign', 2, -2, 'number', false, 1],
    ['numbers near zero', 0, 1e-12, 'number', true, 1],
    ['embeddings', { embedding: [1, 0] }, { embedding: [0, 2] }, 'vector', false, 0.5],
    ['texts', 'The answer is 42.', 'the answer is  42.', 'text', true, 0],
    [
      'completions',
      { text: 'abcd', finishReason: 'stop' },
      { text: 'abcx', finishReason: 'length' },
      'text',
      false,
      0.25,
    ],
    ['chats', chat(said('yes')), chat({ type: 'reasoning', text: 'hm' }, said('yes')), 'text', true, 0],
    ['equal tool calls', chat(call('1', 'Oslo')), chat(call('2', 'Oslo')), 'json', true, 0],
    ['other tool calls', chat(call('1', 'Oslo')), chat(call('1', 'Bern')), 'json', false, 1 / 3],
    ['a tool call and a text', chat(call('1', 'Oslo')), chat(said('cold')), 'json', false, 1],
    ['objects', { a: 1, b: [1, 2] }, { a: 1, b: [1, 3] }, 'json', false, 1 / 3],
    ['a label and more', { label: 'x', why: 'a' }, { label: 'x', why: 'b' }, 'json', false, 0.5],
    ['a text and more', { text: 'x', language: 'en' }, { text: 'x', language: 'de' }, 'json', false, 0.5],
    ['different shapes', { value: 3 }, 'three', 'json', false, 1],
    [
      'what the contract chose',
      { label: 'x', score: 0.5 },
      { label: 'x', score: 0.6 },
      'json',
      false,
      0.5,
      { measure: 'json' },
    ],
    ['nothing', undefined, undefined, 'json', true, 0],
  ]
  for (const [name, a, b, measure, agree, distance, options] of rows) {
    it(`compares ${name} by ${measure}`, () => {
      for (const found of [compareOutputs(a, b, options), compareOutputs(b, a, options)]) {
        assert.equal(found.measure, measure)
        assert.equal(found.agree, agree)
        assert.ok(Math.abs(found.distance - distance) < 1e-12, `${found.distance}`)
      }
    })
  }

  it('is zero for an answer and itself, in [0, 1] and the same both ways for any two', () => {
    const label = fc.record({ label: fc.constantFrom('a', 'b'), score: fc.double() })
    const any = fc.oneof(
      fc.anything(),
      fc.jsonValue(),
      label,
      fc.record({ text: fc.string() }),
      fc.double(),
      fc.string(),
    )
    fc.assert(
      fc.property(any, any, (a, b) => {
        const { distance, measure, agree } = compareOutputs(a, b)
        assert.ok(distance >= 0 && distance <= 1, `${distance}`)
        assert.deepEqual([compareOutputs(b, a).distance, compareOutputs(b, a).measure], [distance, measure])
        assert.equal(compareOutputs(b, a).agree, agree)
        const json: unknown = JSON.parse(JSON.stringify(a) ?? 'null')
        assert.equal(compareOutputs(json, structuredClone(json)).distance, 0)
        assert.equal(compareOutputs(json, structuredClone(json)).agree, true)
      }),
      { numRuns: 500 },
    )
  })
})

describe('text distance', () => {
  it('is the edit distance of short texts', () => {
    assert.equal(textDistance('kitten', 'sitting'), 3 / 7)
    assert.equal(textDistance('', 'abc'), 1)
    assert.equal(textDistance(' ', ''), 0)
  })

  it('goes by words in long ones, in scripts with and without spaces', () => {
    const words = Array.from({ length: 200 }, (_, i) => `word${i}`)
    const text = words.join(' ')
    const nearly = textDistance(text, text.replace('word100', 'other'))
    assert.ok(nearly > 0 && nearly < 0.02)
    assert.ok(textDistance(text, words.toReversed().join(' ')) > 0.4)
    assert.equal(textDistance(text, text.replaceAll('word', 'term')), 1)
    const chinese = '模型的回答应当简短而准确'.repeat(30)
    assert.ok(textDistance(chinese, `${chinese}谢谢`) < 0.05)
    assert.ok(textDistance(chinese, '今天天气很好我们去公园'.repeat(30)) > 0.9)
  })

  it('sees that a huge text was cut short or changed at its end', () => {
    const huge = 'all work and no play '.repeat(100_000)
    assert.ok(textDistance(huge, huge.slice(0, huge.length / 2)) >= 0.5)
    assert.ok(textDistance(huge, `${huge.slice(0, -10_000)}${'x '.repeat(5000)}`) > 0.2)
    assert.equal(textDistance(huge, `${huge}`), 0)
  })
})

describe('JSON difference', () => {
  const tolerance = 0.01

  it('counts differing leaves and names the first by their path', () => {
    const a = { id: 1, 'a/b~c': 'x', list: [1, 2, 3], deep: { p: 0.5, q: null }, gone: { x: 1, y: [2] } }
    const b = { id: 1, 'a/b~c': 'y', list: [1, 2], deep: { p: 0.501, q: false }, new: {} }
    assert.deepEqual(jsonDifference(a, b, { tolerance }), {
      leaves: 10,
      differing: 6,
      paths: ['/a~1b~0c', '/new', '/list/2', '/deep/q', '/gone/x', '/gone/y/0'],
      cut: false,
    })
  })

  it('tells lists from objects and an absent field from a null', () => {
    const differing = (a: unknown, b: unknown) => jsonDifference(a, b, { tolerance }).differing
    assert.equal(differing([], {}), 1)
    assert.equal(differing({}, {}), 0)
    assert.equal(differing([1], { 0: 1 }), 2)
    assert.equal(differing({ a: null }, {}), 1)
    assert.equal(differing({ __proto__: null, constructor: 1 }, {}), 1)
  })

  it('is bounded in places, paths and depth, and lets no huge field hide what differs beside it', () => {
    const huge = Array.from({ length: 300_000 }, (_, i) => i)
    const found = jsonDifference({ huge, label: 'a' }, { huge, label: 'b' }, { tolerance })
    assert.ok(found.cut && found.leaves <= 2000)
    assert.deepEqual(found.paths, ['/label'])
    const other = jsonDifference({ huge }, { huge: huge.map((i) => -i - 1) }, { tolerance })
    assert.equal(other.paths.length, 10)
    let deep: unknown = 1
    for (let i = 0; i < 100_000; i++) deep = { ['k'.repeat(50)]: deep }
    const bottomless = jsonDifference(deep, { k: deep }, { tolerance })
    assert.ok(bottomless.cut && bottomless.leaves <= 2000)
    assert.ok(bottomless.paths.every((path) => path.length <= 200))
    assert.ok(jsonDifference([[1]], [[2]], { tolerance, leavesMax: 1 }).cut)
  })
})

describe('number and vector distance', () => {
  it('stays in range for any numbers', () => {
    fc.assert(
      fc.property(fc.double(), fc.double(), (a, b) => {
        const { absolute, relative } = numberDistance(a, b)
        assert.ok(Number.isFinite(absolute) && absolute >= 0 && relative >= 0 && relative <= 2)
        assert.equal(numberDistance(a, a).relative, 0)
      }),
    )
    assert.deepEqual(numberDistance(90, 100), { absolute: 10, relative: 1 - 0.9 })
    assert.equal(numberDistance(1e308, -1e308).absolute, Number.MAX_VALUE)
  })

  it('is the angle of vectors', () => {
    assert.ok(vectorDistance([1, 2, 3], [2, 4, 6]) < 1e-15)
    assert.equal(vectorDistance([1, 0], [-1, 0]), 1)
    assert.equal(vectorDistance([1], [1, 2]), 1)
    assert.equal(vectorDistance([0, 0], [0, 0]), 0)
    assert.equal(vectorDistance([0, 0], [0, 1]), 1)
    assert.ok(vectorDistance([1e300, 1e300], [1e300, 1e300]) < 1e-15)
  })
})
