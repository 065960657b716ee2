import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Cells, type Lodger } from './cells.ts'

interface Kept extends Lodger {
  readonly bytes: Buffer
}

function put(cells: Cells<Kept>, bytes: Buffer): Kept {
  const kept = { bytes, length: bytes.length, cell: -1 }
  cells.put(kept, bytes)
  return kept
}

function isThere(cells: Cells<Kept>, kept: Kept): void {
  assert.deepEqual(cells.read(kept), kept.bytes)
}

test('whatever comes, goes and moves, the bytes of those that are there stay as they were, in slabs that were told', () => {
  const step = fc.record({
    length: fc.nat(1000),
    fill: fc.nat(255),
    gone: fc.option(fc.nat(), { freq: 3 }),
    compact: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.constantFrom(1, 2, 16), (steps, slabCells) => {
      const cells = new Cells<Kept>(slabCells)
      const slabBytes = cells.least(0)
      const kept: Kept[] = []
      for (const { length, fill, gone, compact } of steps) {
        const expected = cells.bytes + cells.growth(length)
        kept.push(put(cells, Buffer.from(Array.from({ length }, (_, at) => (fill + at) % 256))))
        assert.equal(cells.bytes, expected)
        if (gone !== null) {
          const [one] = kept.splice(gone % kept.length, 1)
          if (one) cells.free(one)
        }
        if (!compact) continue
        const before = cells.bytes
        // More than one where others were left empty.
        if (cells.compact()) assert.ok(cells.bytes <= before - slabBytes)
        else assert.deepEqual([cells.bytes, cells.growth(128 * slabCells)], [before, slabBytes])
      }
      for (const one of kept) isThere(cells, one)
    }),
  )
})

test('what is free in many slabs comes together, until less is free than a slab has', () => {
  const cells = new Cells<Kept>(64)
  const small = Array.from({ length: 5000 }, (_, i) => put(cells, Buffer.alloc(200, i % 251)))
  const left = small.filter((one, i) => {
    if (i % 4 > 0) cells.free(one)
    return i % 4 === 0
  })
  const full = cells.bytes
  while (cells.compact());
  assert.ok(cells.bytes < full * 0.27)
  assert.equal(cells.bytes, cells.least(128 * 2 * left.length))
  for (const one of left) isThere(cells, one)
})

test('what fills several slabs, and lies in the gaps between others, comes back as it was', () => {
  const cells = new Cells<Kept>(2048)
  const small = Array.from({ length: 5000 }, (_, i) => put(cells, Buffer.alloc(200, i % 251)))
  const left = small.filter((one, i) => {
    if (i % 2 === 0) cells.free(one)
    return i % 2 === 1
  })
  const bytes = Buffer.from(Array.from({ length: 400_000 }, (_, i) => i % 253))
  left.push(put(cells, bytes))
  for (const one of left) isThere(cells, one)
  for (const one of left) cells.free(one)
  isThere(cells, put(cells, bytes))
})

test('a slab in which nothing is left is given back, but for one', () => {
  const cells = new Cells<Kept>(64)
  const kept = Array.from({ length: 500 }, (_, i) => put(cells, Buffer.alloc(200, i % 251)))
  for (const one of kept) cells.free(one)
  assert.equal(cells.bytes, cells.least(0))
  cells.clear()
  assert.equal(cells.bytes, 0)
})

test('a copy is its reader’s own', () => {
  const cells = new Cells<Kept>(64)
  const kept = put(cells, Buffer.from('abc'))
  cells.read(kept).fill(0)
  isThere(cells, kept)
})
