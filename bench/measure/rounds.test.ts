import assert from 'node:assert/strict'
import { test } from 'node:test'
import { differenceOf, inTurns, ratioOf } from './rounds.ts'

test('everything is measured in turns, once unmeasured', async () => {
  const order: string[] = []
  const { samples, failures } = await inTurns(['a', 'b'], 2, async (name, round) => {
    order.push(`${name} ${round}`)
    return order.length
  })
  assert.deepEqual(order, ['a warm-up', 'b warm-up', 'a 0', 'b 0', 'a 1', 'b 1'])
  assert.deepEqual(
    [...samples],
    [
      ['a', [3, 5]],
      ['b', [4, 6]],
    ],
  )
  assert.equal(failures.size, 0)
})

test('what fails is told, has no samples, and is not asked again', async () => {
  const order: string[] = []
  const { samples, failures } = await inTurns(['a', 'b'], 3, async (name, round) => {
    order.push(`${name} ${round}`)
    if (name === 'a' && round === 1) throw new Error('broke')
    return 1
  })
  assert.deepEqual(order.slice(4), ['a 1', 'b 1', 'b 2'])
  assert.deepEqual([...samples], [['b', [1, 1, 1]]])
  assert.deepEqual([...failures], [['a', 'broke']])
})

test('a ratio is taken within each round', () => {
  // The machine was half as fast in the second round: the ratio does not show it.
  assert.deepEqual(ratioOf([40, 80, 42], [10, 20, 10]), { median: 4, min: 4, max: 4.2 })
  assert.equal(ratioOf([], []), undefined)
})

test('so is a difference', () => {
  // The machine was slower and slower: the medians, of different rounds, are 15 apart.
  assert.deepEqual(differenceOf([20, 35, 50], [10, 20, 40]), { median: 10, min: 10, max: 15 })
  assert.equal(differenceOf([1], []), undefined)
})
