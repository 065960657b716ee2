import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { StreamEvent } from '../../kernel/answer.ts'
import type { KeptBody } from './kept-answer.ts'
import { Reader } from './reader.ts'
import { SharedStream } from './shared-stream.ts'

const ends = { firstChunk: () => undefined, succeed: () => undefined, fail: () => undefined }

function shareOf(sizes: readonly number[], bytesMax: number) {
  let pulled = 0
  const events = (async function* (): AsyncGenerator<StreamEvent, void> {
    for (const size of sizes) {
      pulled++
      yield { type: 'relayed', bytes: Buffer.alloc(size, pulled) }
    }
    yield { type: 'answer-end', usage: { items: 1 } }
  })()
  const seen: { complete?: KeptBody; tooLong: boolean; over: number; left: number } = {
    tooLong: false,
    over: 0,
    left: 0,
  }
  const stream = new SharedStream(events, {
    bytesMax,
    complete: (body) => {
      seen.complete = body
    },
    tooLong: () => {
      seen.tooLong = true
    },
    over: () => seen.over++,
    left: () => seen.left++,
  })
  const read = () => {
    const reader = new Reader(stream, ends)
    stream.add(reader)
    return reader
  }
  return { stream, read, seen, pulled: () => pulled }
}

const sum = (sizes: readonly number[]) => sizes.reduce((all, size) => all + size, 0)

test('however its readers take turns, each reads all from the beginning, or is told that it was too slow', async () => {
  const script = fc.record({
    sizes: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 12 }),
    bytesMax: fc.integer({ min: 1, max: 60 }),
    readers: fc.integer({ min: 1, max: 4 }),
    turns: fc.array(fc.nat(3), { maxLength: 40 }),
  })
  await fc.assert(
    fc.asyncProperty(script, async ({ sizes, bytesMax, readers, turns }) => {
      const { read, seen } = shareOf(sizes, bytesMax)
      const all = Array.from({ length: readers }, () => ({ reader: read(), got: [] as number[], end: '' }))
      const step = async (one: (typeof all)[number]) => {
        if (one.end !== '') return
        try {
          const { done, value } = await one.reader.next()
          if (done || value?.type === 'answer-end') one.end = 'ok'
          else if (value?.type === 'relayed') one.got.push(value.bytes.length)
        } catch (thrown) {
          one.end = (thrown as { code: string }).code
        }
      }
      for (const turn of turns) {
        const one = all[turn % readers]
        if (one) await step(one)
      }
      while (all.some(({ end }) => end === '')) await Promise.all(all.map(step))
      for (const { got, end } of all) {
        if (end === 'ok') assert.deepEqual(got, sizes)
        else assert.deepEqual([end, got], ['overloaded', sizes.slice(0, got.length)])
      }
      const fits = sum(sizes) <= bytesMax
      assert.equal(seen.tooLong, !fits)
      assert.equal(seen.complete !== undefined, fits)
      if (fits) assert.ok(all.every(({ end }) => end === 'ok'))
      assert.deepEqual([seen.over, seen.left], [1, readers])
    }),
  )
})

test('one who does not read is cut off instead of filling memory, and holds up nobody', async () => {
  const { read } = shareOf(Array(1000).fill(100), 1000)
  const idle = read()
  const quick = read()
  let got = 0
  for await (const event of quick) if (event.type === 'relayed') got++
  assert.equal(got, 1000)
  await assert.rejects(idle.next(), { code: 'overloaded' })
})

test('nothing is asked for before somebody reads, and no more than one event ahead', async () => {
  const { read, pulled } = shareOf([1, 1, 1], 100)
  const reader = read()
  assert.equal(pulled(), 0)
  await reader.next()
  assert.equal(pulled(), 1)
})
