import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lru } from './lru.ts'

test('the least recently used entry goes first', () => {
  const cache = lru<number>(2)
  cache.put('a', 1)
  cache.put('b', 2)
  cache.get('a')
  cache.put('c', 3)
  assert.deepEqual(
    ['a', 'b', 'c'].map((key) => cache.get(key)),
    [1, undefined, 3],
  )
})

test('the entries together weigh no more than allowed', () => {
  const cache = lru<number>(10, 5)
  cache.put('a', 1, 3)
  cache.put('a', 2, 2)
  cache.put('b', 3, 3)
  assert.equal(cache.get('a'), 2)
  cache.put('c', 4, 1)
  assert.equal(cache.get('b'), undefined)
  cache.put('huge', 5, 6)
  assert.equal(cache.get('huge'), undefined)
  cache.put('d', 6, 5)
  assert.equal(cache.get('d'), 6)
})
