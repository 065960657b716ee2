import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createTokenCounter, sampleMax } from './token-counter.ts'

describe('the token counter', () => {
  const counter = createTokenCounter()

  it('counts as the o200k vocabulary does', async () => {
    assert.equal(await counter.count('hello world'), 2)
    assert.equal(await counter.count(''), 0)
    assert.equal(await counter.count('<|endoftext|>'), 7, 'nothing in a text is special')
  })

  it('looks at the beginning of a long text, and takes the rest to be alike', async () => {
    const words = 'the '.repeat(sampleMax / 4)
    const whole = await counter.count(words)
    assert.equal(await counter.count(words.repeat(3)), await counter.count(words, 3 * words.length))
    assert.ok(Math.abs((await counter.count(words, 10 * words.length)) - 10 * whole) <= 10)
  })

  it('counts in pieces about what it counts at once', async () => {
    const sentence = 'The gateway streams what the model says as it comes. '
    const one = (await counter.count(sentence.repeat(2))) - (await counter.count(sentence))
    const many = await counter.count(sentence.repeat(100))
    assert.ok(Math.abs(many - 100 * one) <= one, `${many} for a hundred times ${one}`)
  })

  it('answers many at once, each with its own', async () => {
    const counts = await Promise.all(Array.from({ length: 50 }, (_, i) => counter.count('word '.repeat(i + 1).trim())))
    assert.deepEqual(
      counts,
      counts.map((_, i) => i + 1),
    )
  })

  it('is rough when its worker fails, and when too many wait', async () => {
    const broken = createTokenCounter(new URL('./no-such-worker.ts', import.meta.url))
    assert.equal(await broken.count('x'.repeat(400)), 100)
    assert.equal(await broken.count('x'.repeat(40)), 10, 'from then on at once')
    const workerless = createTokenCounter(new URL('https://no-such-worker.invalid/'))
    assert.equal(await workerless.count('x'.repeat(400)), 100, 'none may even start')
    const busy = await Promise.all(Array.from({ length: 201 }, () => counter.count('hello world, again')))
    assert.deepEqual([busy[0], busy.at(-1)], [4, Math.ceil('hello world, again'.length / 4)])
  })
})
