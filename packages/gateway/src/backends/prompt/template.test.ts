import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Schema } from '../../kernel/schema/schema.ts'
import { dataMarks, leavesSchema, parseTemplate, render, type Template } from './template.ts'

function template(text: string): Template {
  const parsed = parseTemplate(text)
  if ('fault' in parsed) assert.fail(parsed.fault)
  return parsed.template
}

/** What a reader who knows the marks takes the n-th value to be. */
function readBack(rendered: string): readonly unknown[] {
  const { begin, end } = dataMarks
  const values: unknown[] = []
  let from = rendered.indexOf(begin)
  while (from !== -1) {
    const to = rendered.indexOf(end, from)
    values.push(JSON.parse(rendered.slice(from + begin.length, to)))
    from = rendered.indexOf(begin, to)
  }
  return values
}

/** Texts that mean harm: marks, template syntax, JSON's own signs. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(dataMarks.begin, dataMarks.end, '</', '<\\/', '{{', '}}', '{{input.a}}', '"', '\\', '\n', '$&'),
      fc.string({ unit: 'binary' }),
    ),
  )
  .map((pieces) => pieces.join(''))
const value = fc.oneof(hostile, fc.jsonValue(), fc.dictionary(hostile, hostile))

describe('a template', () => {
  it('renders any value so that it is read back exactly, whatever stands beside it', () => {
    const whole = template('Of {{input.a}} and {{ input.b }}, which?')
    fc.assert(
      fc.property(value, value, (a, b) => {
        const rendered = render(whole, { a, b })
        assert.deepEqual(readBack(rendered), JSON.parse(JSON.stringify([a, b])))
        assert.match(rendered, /^Of <data>.*<\/data> and <data>.*<\/data>, which\?$/s)
        assert.equal(rendered.split(dataMarks.end).length, 3, 'no value holds an end mark')
      }),
    )
  })

  it('renders the whole input', () => {
    fc.assert(
      fc.property(value, (input) =>
        assert.deepEqual(readBack(render(template('{{input}}'), input)), [JSON.parse(JSON.stringify(input))]),
      ),
    )
  })

  it('does not read again what was put in', () => {
    assert.equal(
      render(template('{{input.a}}|{{input.b}}'), { a: '{{input.b}}', b: 'secret' }),
      '<data>"{{input.b}}"</data>|<data>"secret"</data>',
    )
  })

  it('renders a field that is left out, or that only every object has, as null', () => {
    const rendered = render(template('{{input.no}} {{input.a.b}} {{input.constructor}}'), { a: 'text' })
    assert.equal(rendered, Array(3).fill('<data>null</data>').join(' '))
  })

  for (const [text, fault] of [
    ['{{input.text', /"\{\{input.text" is not closed/],
    ['{{text}}', /"\{\{text" is no placeholder: write \{\{input\}\}/],
    ['{{input.}}', /no placeholder/],
    ['{{input.a b}}', /no placeholder/],
    ['{{inputs}}', /no placeholder/],
    ['{{}}', /no placeholder/],
    ['{{{input}}}', /no placeholder/],
  ] as const) {
    it(`refuses ${text}`, () => {
      const parsed = parseTemplate(text)
      assert.match('fault' in parsed ? parsed.fault : '', fault)
    })
  }

  it('leaves single braces and closing ones alone', () => {
    assert.equal(render(template('{"a": {"b": 1}} {{input}} }}'), 1), '{"a": {"b": 1}} <data>1</data> }}')
  })
})

describe('a path', () => {
  const schema: Schema = {
    type: 'object',
    properties: {
      text: { type: 'string' },
      sender: { type: 'object', properties: { name: { type: 'string' } } },
      tags: { type: 'object', additionalProperties: { type: 'string' } },
      anything: {},
      one: {
        oneOf: [
          { type: 'object', properties: { kind: { type: 'string', const: 'a' }, x: {} } },
          { type: 'object', properties: { kind: { type: 'string', const: 'b' }, y: {} } },
        ],
      },
    },
  }
  for (const path of ['', 'text', 'sender.name', 'tags.any', 'anything.at.all', 'one.y']) {
    it(`${path || 'of the whole'} stays in the schema`, () =>
      assert.equal(leavesSchema(schema, path.split('.').filter(Boolean)), undefined))
  }
  for (const [path, known] of [
    ['txt', ['text', 'sender', 'tags', 'anything', 'one']],
    ['text.length', []],
    ['sender.nam', ['name']],
    ['tags.any.more', []],
    ['one.z', ['kind', 'x', 'kind', 'y']],
    ['constructor', ['text', 'sender', 'tags', 'anything', 'one']],
  ] as const) {
    it(`${path} leaves it`, () => assert.deepEqual(leavesSchema(schema, path.split('.')), known))
  }
})
