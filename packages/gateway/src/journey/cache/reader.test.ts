import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StreamEvent } from '../../kernel/answer.ts'
import { Reader } from './reader.ts'

function readerOf(events: readonly StreamEvent[]) {
  const told: string[] = []
  const ends = {
    firstChunk: () => undefined,
    succeed: () => told.push('ok'),
    fail: ({ code }: { readonly code: string }) => told.push(code),
  }
  const source = { at: ({ position }: Reader) => events[position], left: () => told.push('left') }
  return { reader: new Reader(source, ends), told }
}

test('a stream without its last event is an error for its reader, and in its Record', async () => {
  const { reader, told } = readerOf([{ type: 'chunk', chunk: 1 }])
  assert.equal((await reader.next()).done, false)
  await assert.rejects(reader.next(), { code: 'upstream_failed' })
  assert.deepEqual(told, ['upstream_failed', 'left'])
})

test('one who left reads no more, and is told so once', async () => {
  const { reader, told } = readerOf([
    { type: 'chunk', chunk: 1 },
    { type: 'answer-end', usage: { items: 1 } },
  ])
  await reader.next()
  await reader.return()
  await reader.return()
  assert.equal((await reader.next()).done, true)
  assert.deepEqual(told, ['cancelled', 'left'])
})
