import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { ShadowSum } from '../../kernel/shadow.ts'
import { shadowReader, shadowWriter } from './day-sums.ts'
import { migrations } from './migrations.ts'

test('a clock that leapt takes nothing away; what is old goes once it may be believed', () => {
  const db = new DatabaseSync(':memory:')
  for (const step of migrations) db.exec(step)
  let steady = false
  const [add, sums] = [shadowWriter(db, () => steady), shadowReader(db)]
  const sum = (day: number): ShadowSum => ({
    ...{ model: 'spam', major: 1, served: '1.0', shadow: '1.1', day, name: 'answered', value: 1 },
  })
  const days = () => sums('spam').map(({ day }) => day)
  add([sum(20_000)])
  add([sum(30_000)])
  assert.deepEqual(days(), [20_000, 30_000])
  steady = true
  add([sum(20_001)])
  assert.deepEqual(days(), [20_000, 20_001, 30_000])
  add([sum(20_093)])
  assert.deepEqual(days(), [20_093, 30_000])
  db.close()
})
