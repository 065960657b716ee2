import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { dimensionsMax, VectorCells } from './vector-cells.ts'

interface Put {
  readonly cell: number
  readonly vector: Float32Array
}

/** Another for each seed, of any length but 0, and of about the length 1. */
function vectorOf(dimensions: number, seed: number): Float32Array {
  return Float32Array.from(
    { length: dimensions },
    (_, at) => Math.sin(seed + at * (1 + seed)) / Math.sqrt(dimensions / 2),
  )
}

function sumOfProducts(one: Float32Array, other: Float32Array): number {
  return one.reduce((sum, number, at) => sum + number * (other[at] ?? 0), 0)
}

function isThere(cells: VectorCells, { cell, vector }: Put, seed: number): void {
  const asked = vectorOf(vector.length, seed)
  cells.ask(asked)
  const difference = cells.product(cell) - sumOfProducts(vector, asked)
  assert.ok(Math.abs(difference) < 1e-6, `of ${vector.length} numbers it is ${difference} off`)
}

test('whatever comes and goes, the product of what is there is the sum of its products', () => {
  const step = fc.record({ dimensions: fc.integer({ min: 1, max: 600 }), seed: fc.nat(99), gone: fc.option(fc.nat()) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.nat(99), (steps, asked) => {
      const cells = new VectorCells()
      const kept: Put[] = []
      for (const { dimensions, seed, gone } of steps) {
        const vector = vectorOf(dimensions, seed)
        kept.push({ cell: cells.put(vector), vector })
        if (gone === null) continue
        const [one] = kept.splice(gone % kept.length, 1)
        if (one) cells.free(one.cell)
      }
      for (const one of kept) isThere(cells, one, asked)
    }),
    { numRuns: 50 },
  )
})

test('the longest vectors there are, more of them than one piece of memory holds, are each their own', () => {
  const cells = new VectorCells()
  const kept = Array.from({ length: 40 }, (_, seed) => {
    const vector = vectorOf(dimensionsMax, seed)
    return { cell: cells.put(vector), vector }
  })
  for (const [at, one] of kept.entries()) isThere(cells, one, at)
})

test('a vector that takes the place of a longer one has nothing of it', () => {
  const cells = new VectorCells()
  cells.free(cells.put(new Float32Array(300).fill(9)))
  const vector = Float32Array.of(1, 2)
  const cell = cells.put(vector)
  cells.ask(new Float32Array(300).fill(9))
  isThere(cells, { cell, vector }, 1)
})
