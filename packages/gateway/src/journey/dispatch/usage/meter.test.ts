import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Meter } from './meter.ts'

const counter = { count: (text: string, length = text.length) => length }
const chat = { items: 1, task: 'chat', input: ['hello'], counter } as const

function metered(over: Partial<ConstructorParameters<typeof Meter>[0]> = {}, said = '') {
  const meter = new Meter({ ...chat, ...over })
  meter.words?.add(said)
  return meter
}

describe('a meter', () => {
  it('passes on what upstream tells, in full', async () => {
    const meter = metered()
    const usage = { inputTokens: 7, cachedInputTokens: 3, outputTokens: 2, reasoningTokens: 1 }
    meter.told({ inputTokens: 1 })
    meter.told(usage)
    assert.deepEqual(meter.usage(), { items: 1, ...usage }, 'at once, without waiting for a count')
  })

  it('estimates the part that upstream does not tell, and says so', async () => {
    const meter = metered({}, 'four')
    meter.told({ inputTokens: 7 })
    assert.deepEqual(await meter.usage(), { items: 1, inputTokens: 7, outputTokens: 4, estimated: true })
    assert.deepEqual(await metered({}, 'four').usage(), { items: 1, inputTokens: 5, outputTokens: 4, estimated: true })
  })

  it('estimates nothing of what need not be a language model', async () => {
    assert.deepEqual(await metered({ task: 'embedding' }).usage(), { items: 1 })
  })

  it('estimates nothing of other tasks, nor of what is no language model', async () => {
    assert.deepEqual(await metered({ task: 'classification' }, 'four').usage(), { items: 1 })
    assert.deepEqual(await metered({ counter: undefined }, 'four').usage(), { items: 1 })
  })

  it('of an answer that broke off believes what came over what upstream had told', async () => {
    const meter = metered({}, 'twelve words')
    meter.told({ inputTokens: 7, outputTokens: 1 })
    assert.deepEqual(await meter.partial(false), { items: 1, inputTokens: 7, outputTokens: 12, estimated: true })
    const exact = metered({}, 'four')
    exact.told({ inputTokens: 7, outputTokens: 9 })
    assert.deepEqual(await exact.partial(false), { items: 1, inputTokens: 7, outputTokens: 9 })
  })

  it('of an answer of which nothing came knows nothing, or that its input is owed', async () => {
    assert.equal(metered().partial(false), undefined)
    assert.deepEqual(await metered().partial(true), { items: 1, inputTokens: 5, outputTokens: 0, estimated: true })
    assert.equal(metered({ task: 'custom' }).partial(true), undefined)
  })

  describe("of exchanges in words of a backend's own", () => {
    const typed = () => metered({ task: 'classification' })
    const silent = { asked: ['ask'], said: ['tell'], usage: undefined }
    const whole = { ...silent, usage: { inputTokens: 100, outputTokens: 10 } }

    it('passes on what upstream tells, summed up', () => {
      const meter = typed()
      meter.answered(whole)
      meter.answered({ ...whole, usage: { ...whole.usage, cachedInputTokens: 7 } })
      const sum = { items: 1, inputTokens: 200, cachedInputTokens: 7, outputTokens: 20 }
      assert.deepEqual(meter.usage(), sum, 'at once, without waiting for a count')
      assert.deepEqual(meter.partial(true), sum)
    })

    it('estimates the ones that upstream does not tell, and says so', async () => {
      const meter = typed()
      meter.answered(silent)
      meter.answered(whole)
      meter.answered({ ...silent, usage: { inputTokens: 1000 } })
      // What a prediction tells is what its exchanges told.
      meter.told(whole.usage)
      assert.deepEqual(await meter.usage(), { items: 1, inputTokens: 1103, outputTokens: 18, estimated: true })
    })

    it('counts what was asked last, and not answered, where it is owed', async () => {
      const meter = typed()
      meter.asking(['ask'])
      assert.equal(meter.partial(false), undefined)
      assert.deepEqual(await meter.partial(true), { items: 1, inputTokens: 3, outputTokens: 0, estimated: true })
      meter.answered(silent)
      meter.asking(['again'])
      assert.deepEqual(await meter.partial(true), { items: 1, inputTokens: 8, outputTokens: 4, estimated: true })
      assert.deepEqual(await meter.partial(false), { items: 1, inputTokens: 3, outputTokens: 4, estimated: true })
      assert.deepEqual(await meter.usage(), { items: 1, inputTokens: 3, outputTokens: 4, estimated: true })
    })

    it('estimates nothing of what is no language model, and lives without a count', async () => {
      const unmetered = metered({ task: 'classification', counter: undefined })
      unmetered.asking(['ask'])
      assert.equal(unmetered.partial(true), undefined)
      unmetered.answered(whole)
      assert.deepEqual(unmetered.usage(), { items: 1, ...whole.usage })
      const failing = metered({ counter: { count: () => Promise.reject(new Error('no worker')) } })
      failing.answered({ ...silent, usage: { inputTokens: 7 } })
      assert.deepEqual(await failing.usage(), { items: 1, inputTokens: 7 })
    })
  })

  it('of a refusal has nothing', () => {
    const meter = metered()
    meter.refused = true
    assert.deepEqual(meter.usage(), { items: 1 })
  })

  it('counts once, and lives without a count', async () => {
    let counts = 0
    const counting = metered({ counter: { count: () => ++counts } }, 'four')
    assert.equal(await counting.usage(), await counting.usage())
    assert.equal(counts, 2, 'the input and the output')
    const failing = metered({ counter: { count: () => Promise.reject(new Error('no worker')) } }, 'four')
    failing.told({ inputTokens: 7 })
    assert.deepEqual(await failing.usage(), { items: 1, inputTokens: 7 })
  })
})
