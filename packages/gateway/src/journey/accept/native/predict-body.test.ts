import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readPredictBody } from './predict-body.ts'

const read = (text: string) => readPredictBody(Buffer.from(text))

describe('readPredictBody', () => {
  it('reads one input or several', () => {
    assert.deepEqual(read('{"input": null}'), { inputs: [null], batch: false })
    assert.deepEqual(read('{"inputs": [1, 2]}'), { inputs: [1, 2], batch: true })
  })

  it('refuses anything else and says what was likely meant', () => {
    assert.throws(
      () => read('{"imput": 1}'),
      (error: { facts?: { next?: string } }) => /Did you mean "input"/.test(error.facts?.next ?? ''),
    )
    for (const text of ['{}', '{"input": 1, "inputs": [1]}', '{"inputs": 1}', '[]', '{"input": 1, "__proto__": 2}']) {
      assert.throws(
        () => read(text),
        (error: { code?: string }) => error.code === 'invalid_body',
        text,
      )
    }
  })
})
