import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readBeginning } from './read-beginning.ts'

function replyOf(...texts: readonly string[]) {
  const read: string[] = []
  let left = false
  const reply = {
    status: 500,
    headers: { 'retry-after': '1' },
    async *[Symbol.asyncIterator]() {
      try {
        for (const text of texts) {
          read.push(text)
          yield Buffer.from(text)
        }
      } finally {
        left = true
      }
    },
  }
  return { reply, read, isLeft: () => left }
}

test('a short reply is read whole, with its head', async () => {
  const { reply } = replyOf('so', 'rry')
  const { status, headers, body } = await readBeginning(reply, 5)
  assert.deepEqual([status, headers, String(body)], [500, { 'retry-after': '1' }, 'sorry'])
})

test('of a long one no byte beyond the room is kept, and the rest is not waited for', async () => {
  const { reply, read, isLeft } = replyOf('sorry', ' for this', ' and that')
  assert.equal(String((await readBeginning(reply, 8)).body), 'sorry fo')
  assert.deepEqual(read, ['sorry', ' for this'])
  assert.ok(isLeft())
})
