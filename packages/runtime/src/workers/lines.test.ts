import assert from 'node:assert/strict'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { readLines } from './lines.ts'

async function read(chunks: readonly (string | Uint8Array | number)[]): Promise<readonly string[]> {
  const stream = new PassThrough()
  const lines: string[] = []
  let time = 0
  readLines(
    stream,
    (line) => lines.push(line),
    () => time,
  )
  for (const chunk of chunks) {
    if (typeof chunk === 'number') time += chunk
    else stream.write(chunk)
    await new Promise(setImmediate)
  }
  stream.end()
  await once(stream, 'end')
  return lines
}

test('lines are put together from chunks, and the last one needs no end', async () => {
  assert.deepEqual(await read(['a', 'b\nc\n\nd', 'e']), ['ab', 'c', 'de'])
  const bytes = new TextEncoder().encode('é\n')
  assert.deepEqual(await read([bytes.subarray(0, 1), bytes.subarray(1)]), ['é'])
})

test('a line without an end is cut, and what was dropped is counted', async () => {
  const lines = await read(['x'.repeat(900), 'x'.repeat(70_000), '\nnext\n'])
  assert.deepEqual(lines, ['x'.repeat(1000), 'next', '… and 69900 characters more, which were dropped'])
})

test('fifty lines a second are handed out, and then it goes on', async () => {
  const lines = await read(['a\n'.repeat(70), 'b\n'.repeat(10), 1000, 'c\n'])
  assert.deepEqual(lines, [...Array(50).fill('a'), '… and 60 characters more, which were dropped', 'c'])
})
