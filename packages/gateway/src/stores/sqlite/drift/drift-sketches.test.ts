import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { countValue, type DriftPart, emptySketch, rowsOf } from '../../../kernel/drift.ts'
import { migrations } from '../migrations.ts'
import { driftReader, driftWriter } from './drift-sketches.ts'

function part(feature: string, values: readonly number[]): DriftPart {
  const sketch = emptySketch('numbers')
  for (const value of values) countValue(sketch, value)
  return { model: 'spam', major: 1, version: '1.0', hour: 7, first: false, feature, sketch }
}

test('a damaged row keeps no other from being read or written, and what comes takes its place', async () => {
  const db = new DatabaseSync(':memory:')
  for (const step of migrations) db.exec(step)
  const add = driftWriter(db)
  const rowsByFeature = async () => {
    const sums = await driftReader(db)({ model: 'spam', major: 1, from: 0, to: 10 })
    return Object.fromEntries(sums.map(({ feature, sketch }) => [feature, rowsOf(sketch)]))
  }
  add([part('a', [1, 2]), part('b', [3]), part('c', [4])])
  db.prepare("UPDATE drift_sketches SET sketch = '{' WHERE feature = 'a'").run()
  db.prepare("UPDATE drift_sketches SET sketch = replace(sketch, 'numbers', 'others') WHERE feature = 'c'").run()
  assert.deepEqual(await rowsByFeature(), { b: 1 })
  add([part('a', [5]), part('b', [6]), part('c', [7])])
  assert.deepEqual(await rowsByFeature(), { a: 1, b: 2, c: 1 })
  db.close()
})

test('a long read lets others in between, and reads each row once', async () => {
  const db = new DatabaseSync(':memory:')
  for (const step of migrations) db.exec(step)
  const hours = Array.from({ length: 250 }, (_, hour) => hour)
  driftWriter(db)(hours.map((hour) => ({ ...part('a', [1]), hour, first: hour % 50 === 0 })))
  let read = false
  const reading = driftReader(db)({ model: 'spam', major: 1, from: 0, to: 249 }).then((sums) => {
    read = true
    return sums
  })
  await setImmediate()
  assert.equal(read, false)
  assert.deepEqual(
    (await reading).map(({ sketch }) => rowsOf(sketch)),
    [249],
  )
  db.close()
})
