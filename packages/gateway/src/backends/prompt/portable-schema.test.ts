import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isStrict } from '../../dialects/openai/chat/strict-schema.ts'
import type { Schema } from '../../kernel/schema/schema.ts'
import { taskTable } from '../../kernel/tasks.ts'
import { portableSchema, schemaLack } from './portable-schema.ts'

describe('a portable schema', () => {
  it('is closed, and tells its bounds in words', () => {
    const schema = taskTable.classification.output({ labels: ['ham', 'spam'] })
    assert.ok(schema)
    assert.equal(schemaLack(schema), undefined)
    assert.deepEqual(portableSchema(schema), {
      type: 'object',
      properties: {
        label: { type: 'string', enum: ['ham', 'spam'] },
        score: { type: 'number', description: 'Probability of the label (minimum 0, maximum 1)' },
      },
      required: ['label', 'score'],
      additionalProperties: false,
    })
  })

  it('tells what may be null as an alternative', () => {
    const colour = { type: ['string', 'null'], enum: ['red', null], description: 'Of the car' } as const
    const schema: Schema = { type: 'object', properties: { colour }, required: ['colour'] }
    assert.deepEqual(portableSchema(schema), {
      type: 'object',
      properties: {
        colour: { anyOf: [{ type: 'string', enum: ['red'], description: 'Of the car' }, { type: 'null' }] },
      },
      required: ['colour'],
      additionalProperties: false,
    })
  })

  it('of a contract that requires every field is one that OpenAI keeps strictly, whatever its words', () => {
    const schema: Schema = {
      type: 'object',
      properties: {
        mails: {
          type: 'array',
          minItems: 1,
          items: {
            oneOf: [
              { type: 'object', properties: { kind: { type: 'string', const: 'no' } }, required: ['kind'] },
              {
                type: 'object',
                properties: { kind: { type: 'string', const: 'yes' }, at: { type: ['string', 'null'], format: 'uri' } },
                required: ['kind', 'at'],
              },
            ],
          },
        },
        count: { type: 'integer', format: 'int64', multipleOf: 2 },
      },
      required: ['mails', 'count'],
    }
    assert.equal(schemaLack(schema), undefined)
    assert.equal(isStrict(schema), false)
    assert.equal(isStrict(portableSchema(schema)), true)
  })

  for (const [what, schema, lack] of [
    ['a map', { type: 'object', additionalProperties: { type: 'number' } }, 'it may have any fields'],
    ['an open object', { type: 'object' }, 'it may have any fields'],
    ['a list', { type: 'array', items: { type: 'string' } }, 'it is no object'],
    ['anything within', { type: 'object', properties: { a: { type: 'array', items: {} } } }, '/a/* may be anything'],
    [
      'a tuple within',
      { type: 'object', properties: { a: { type: 'array', prefixItems: [{ type: 'string' }] } } },
      '/a is a tuple',
    ],
  ] as const satisfies readonly (readonly [string, Schema, string])[]) {
    it(`has no form for ${what}`, () => assert.equal(schemaLack(schema), lack))
  }
})
