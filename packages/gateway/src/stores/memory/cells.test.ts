import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Cells } from './cells.ts'

interface Kept {
  readonly at: number
  readonly bytes: Buffer
}

function isThere(cells: Cells, { at, bytes }: Kept): void {
  assert.deepEqual(cells.read(at, bytes.length), bytes)
}

test('whatever comes and goes, the bytes of those that are there stay as they were', () => {
  const step = fc.record({ length: fc.nat(1000), fill: fc.nat(255), gone: fc.option(fc.nat(), { freq: 1 }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const cells = new Cells()
      const kept: Kept[] = []
      for (const { length, fill, gone } of steps) {
        const bytes = Buffer.from(Array.from({ length }, (_, at) => (fill + at) % 256))
        kept.push({ at: cells.put(bytes), bytes })
        if (gone === null) continue
        const [one] = kept.splice(gone % kept.length, 1)
        if (one) cells.free(one.at)
      }
      for (const one of kept) isThere(cells, one)
    }),
  )
})

test('what fills several blocks, and lies in the gaps between others, comes back as it was', () => {
  const cells = new Cells()
  const small: Kept[] = Array.from({ length: 5000 }, (_, i) => {
    const bytes = Buffer.alloc(200, i % 251)
    return { at: cells.put(bytes), bytes }
  })
  const left = small.filter(({ at }, i) => {
    if (i % 2 === 0) cells.free(at)
    return i % 2 === 1
  })
  const large = Buffer.from(Array.from({ length: 400_000 }, (_, i) => i % 253))
  left.push({ at: cells.put(large), bytes: large })
  for (const one of left) isThere(cells, one)
  for (const { at } of left) cells.free(at)
  const again = { at: cells.put(large), bytes: large }
  isThere(cells, again)
})

test('a copy is its reader’s own', () => {
  const cells = new Cells()
  const kept = { at: cells.put(Buffer.from('abc')), bytes: Buffer.from('abc') }
  cells.read(kept.at, 3).fill(0)
  isThere(cells, kept)
})
