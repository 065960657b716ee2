import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DATATYPES, type Datatype } from '@astraapi/oip'
import { schemaFaults } from '../../kernel/schema/subset.ts'
import { schemaFromTensors, tensorMisfit } from './tensor-schema.ts'
import { tensor } from './testing/planning.ts'

describe('schemaFromTensors', () => {
  it('makes a contract of every datatype that its own tensors fit, on both sides', () => {
    for (const datatype of Object.keys(DATATYPES) as Datatype[]) {
      for (const shape of ['[-1]', '[-1, 1]', '[-1, 3]', '[-1, -1, 2]', '[1, 2, 2, 2]']) {
        const spec = tensor('x', `${datatype} ${shape}`)
        const schema = schemaFromTensors([spec])
        assert.deepEqual(schemaFaults(schema, ''), [])
        const field = schema.properties?.x ?? {}
        for (const side of ['input', 'output'] as const) assert.equal(tensorMisfit(side, field, spec), undefined)
      }
    }
  })

  it('nests lists, without the batch, with the sizes that are fixed', () => {
    const number = { type: 'number' }
    assert.deepEqual(schemaFromTensors([tensor('x', 'FP32 [-1]'), tensor('y', 'FP32 [-1, -1, 2]')]), {
      type: 'object',
      properties: {
        x: number,
        y: { type: 'array', items: { type: 'array', items: number, minItems: 2, maxItems: 2 } },
      },
      required: ['x', 'y'],
      additionalProperties: false,
    })
  })
})

describe('tensorMisfit', () => {
  const list = (items: object, bounds: object = {}) => ({ type: 'array' as const, items, ...bounds })
  const two = { minItems: 2, maxItems: 2 }
  const nullable = { type: ['number', 'null'] } as const
  const cases = [
    ['input', { type: 'number' }, 'FP32 [-1]', true],
    ['input', { type: 'number' }, 'FP32 [-1, 1]', true],
    ['input', { type: 'integer' }, 'FP32 [-1]', true],
    ['output', { type: 'integer' }, 'FP32 [-1]', false],
    ['input', { type: 'number' }, 'INT64 [-1]', false],
    ['output', { type: 'number' }, 'INT64 [-1]', true],
    ['input', nullable, 'FP32 [-1]', false],
    ['output', nullable, 'FP32 [-1]', true],
    ['input', {}, 'FP32 [-1]', false],
    ['input', { type: 'string' }, 'FP32 [-1]', false],
    ['input', { type: 'number' }, 'FP32 [-1, 2]', false],
    ['input', list({ type: 'number' }), 'FP32 [-1, 2]', false],
    ['output', list({ type: 'number' }), 'FP32 [-1, 2]', true],
    ['output', list({ type: 'number' }, { minItems: 3 }), 'FP32 [-1, 2]', false],
    ['input', list({ type: 'number' }, two), 'FP32 [-1, 2]', true],
    ['input', list({ type: 'number' }), 'FP32 [-1, -1]', true],
    ['input', list(list({ type: 'number' })), 'FP32 [-1, -1]', false],
  ] as const
  for (const [side, field, text, fits] of cases) {
    it(`${fits ? 'takes' : 'refuses'} the ${side} ${JSON.stringify(field)} for ${text}`, () => {
      assert.equal(tensorMisfit(side, field, tensor('x', text)) === undefined, fits)
    })
  }
})
