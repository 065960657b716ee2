import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CacheNote } from '../../kernel/cache.ts'
import { addCacheHeaders } from './cache-headers.ts'
import { type HeaderList, headersIn } from './header-list.ts'

function cacheHeaders(cache: CacheNote | undefined) {
  const headers: HeaderList = []
  addCacheHeaders(headers, cache)
  return headersIn(headers)
}

test('an answer without a cache has no such header', () => {
  assert.deepEqual(cacheHeaders(undefined), {})
})

test('a similarity is told with three digits, and never as more than it is', () => {
  assert.deepEqual(cacheHeaders({ outcome: 'semantic', ageMs: 0, similarity: 0.97396 }), {
    'astra-cache': 'semantic',
    age: '0',
    'astra-cache-similarity': '0.973',
  })
})

test('an age is told in whole seconds, and only of an answer that was given before', () => {
  assert.deepEqual(cacheHeaders({ outcome: 'miss' }), { 'astra-cache': 'miss' })
  assert.deepEqual(cacheHeaders({ outcome: 'stale', ageMs: 61_999 }), { 'astra-cache': 'stale', age: '61' })
  assert.deepEqual(cacheHeaders({ outcome: 'hit', ageMs: 0, replayed: true }), {
    age: '0',
    'idempotent-replayed': 'true',
  })
})
