import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AstraError } from '../../kernel/errors.ts'
import { permit } from '../admit/permit.ts'
import { testCall, testCaller, testCatalog } from '../testing/fixtures.ts'
import { assign } from './assign.ts'
import { fitInputs } from './fit-inputs.ts'

const fit = (over: Parameters<typeof testCall>[0], catalog = testCatalog({ '1.0': 1 })) =>
  fitInputs(assign(permit(testCall(over), testCaller(), catalog)), () => false)

const refusal = (...given: Parameters<typeof fit>): AstraError => {
  try {
    fit(...given)
  } catch (error) {
    if (error instanceof AstraError) return error
  }
  throw new Error('it was not refused')
}

describe('fitInputs', () => {
  it('names the place of a misfit and what was likely meant', () => {
    const error = refusal({ inputs: [{ txet: 'hello' }] })
    assert.equal(error.code, 'invalid_input')
    assert.match(error.message, /Did you mean "text"\?/)
    assert.ok(error.facts.violations?.every(({ path }) => path.startsWith('/input')))
  })

  it('lets the fitting items of a batch go on and keeps the others back, each with its own error', () => {
    const fitted = fit({ batch: true, inputs: [{ text: 'a' }, { text: 1 }, { text: 'c' }] })
    assert.deepEqual(fitted.inputs, [{ text: 'a' }, { text: 'c' }])
    assert.deepEqual(fitted.places, [0, 2])
    assert.deepEqual([...fitted.misfits.keys()], [1])
    assert.match(fitted.misfits.get(1)?.message ?? '', /\/inputs\/1/)
  })

  it('bounds the items of a batch, and wants at least one', () => {
    const items = (count: number) => Array.from({ length: count }, () => ({ text: 'a' }))
    assert.equal(fit({ batch: true, inputs: items(4) }).inputs.length, 4)
    assert.equal(refusal({ batch: true, inputs: items(5) }).code, 'too_many_items')
    assert.equal(refusal({ batch: true, inputs: [] }).code, 'invalid_input')
  })

  it('refuses to stream a contract that does not', () => {
    assert.equal(refusal({ stream: true }).code, 'not_streamable')
  })

  it('refuses to stream the answer to a list, even to a list of one', () => {
    const streaming = testCatalog({ '1.0': 1 }, { contract: { streams: true } })
    const { code, facts } = refusal({ stream: true, batch: true, inputs: [{ text: 'a' }] }, streaming)
    assert.equal(code, 'not_streamable')
    assert.equal(facts.detail, 'A stream answers one input')
    assert.equal(fit({ stream: true }, streaming).inputs.length, 1)
  })
})
