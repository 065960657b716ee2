import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { addUsage } from './usage.ts'

describe('usage of several answers', () => {
  it('is unknown where none told', () => {
    assert.equal(addUsage([]), undefined)
    assert.equal(addUsage([undefined, undefined]), undefined)
  })

  it('keeps a told 0, and makes none of what nobody told', () => {
    assert.deepEqual(addUsage([{ inputTokens: 3, cachedInputTokens: 0 }, { inputTokens: 4 }]), {
      inputTokens: 7,
      cachedInputTokens: 0,
    })
    assert.deepEqual(addUsage([{ inputTokens: 3, outputTokens: 0 }]), { inputTokens: 3, outputTokens: 0 })
  })

  it('is an estimate where one told its tokens and another did not, or one is an estimate', () => {
    const told = { inputTokens: 3, outputTokens: 2 }
    assert.deepEqual(addUsage([told, undefined]), { ...told, estimated: true })
    assert.deepEqual(addUsage([told, { inputTokens: 1 }]), { inputTokens: 4, outputTokens: 2, estimated: true })
    assert.equal(addUsage([told, { ...told, estimated: true }])?.estimated, true)
  })

  it('is the same in whatever order and grouping, where all told', () => {
    const tokens = fc.nat({ max: 1_000_000 })
    const usage = fc.record(
      { inputTokens: tokens, outputTokens: tokens, reasoningTokens: tokens },
      { requiredKeys: ['inputTokens', 'outputTokens'] },
    )
    fc.assert(
      fc.property(fc.array(usage, { minLength: 1 }), fc.array(usage, { minLength: 1 }), (some, others) => {
        const whole = addUsage([...some, ...others])
        assert.deepEqual(addUsage([addUsage(some), addUsage(others)]), whole)
        assert.deepEqual(addUsage([...others, ...some]), whole)
      }),
    )
  })
})
