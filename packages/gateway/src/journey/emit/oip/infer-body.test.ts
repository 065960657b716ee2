import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TensorSpec } from '@astraapi/oip'
import type { WholeAnswer } from '../../../kernel/answer.ts'
import { toAstraError } from '../../../kernel/errors.ts'
import { inferBody } from './infer-body.ts'

const grid: TensorSpec = { name: 'grid', datatype: 'FP32', shape: [-1, -1] }

function bodyOf(outputs: readonly unknown[], wanted = ['grid'], specs = [grid]) {
  const answer: WholeAnswer = {
    kind: 'whole',
    callId: 'call-1',
    model: 'spam',
    major: 1,
    version: '1.0',
    cached: false,
    items: outputs.map((output) => ({ output })),
    usage: { items: outputs.length },
    timing: { queueMs: 0, upstreamMs: 0, totalMs: 0 },
  }
  const wish = { id: 'mine', wanted: wanted.map((name) => ({ name, binary: false })), outputSpecs: specs }
  return inferBody(answer, 'spam@v1', wish)
}

test('a row an item, with the outputs that were asked for', () => {
  const label: TensorSpec = { name: 'label', datatype: 'BYTES', shape: [-1] }
  const outputs = [
    { grid: [1, 2], label: 1 },
    { grid: [3, 4], label: 2 },
  ]
  const { body, headerLength } = bodyOf(outputs, ['grid'], [grid, label])
  assert.equal(headerLength, undefined)
  assert.deepEqual(JSON.parse(String(body)), {
    model_name: 'spam@v1',
    model_version: '1.0',
    id: 'mine',
    outputs: [{ name: 'grid', datatype: 'FP32', shape: [2, 2], data: [1, 2, 3, 4] }],
  })
})

test('items that are no rows of one tensor break the contract, and an operator reads which', () => {
  const cases: readonly (readonly [unknown[], RegExp])[] = [
    [[{ grid: [1, 2] }, { grid: [1] }], /cannot be told as tensors: \/1\/grid /],
    [[{ grid: [1, null] }], /cannot be told as tensors: \/0\/grid\/1 /],
    [[{ grid: [1, 2] }, {}], /cannot be told as tensors: \/1\/grid is missing/],
  ]
  for (const [outputs, reason] of cases) {
    assert.throws(
      () => bodyOf(outputs),
      (thrown) => {
        const { code, facts } = toAstraError(thrown)
        assert.equal(code, 'invalid_output')
        assert.match(facts.reason ?? '', reason)
        return true
      },
    )
  }
})
