import assert from 'node:assert/strict'
import { cp, rm } from 'node:fs/promises'
import { test } from 'node:test'
import { systemClock } from '../../kernel/clock.ts'
import { sampleCall, start } from '../conformance/samples.ts'
import { placeFor } from './fixtures/sqlite-place.ts'
import { openSqliteStore } from './sqlite.ts'

const hour = { from: start, to: start + 3_600_000, by: ['writer'] } as const

test('a copy of a data folder goes on under a name of its own, and keeps what was written before', async (t) => {
  const place = await placeFor(t)
  const copyDir = `${place.dataDir}-copy`
  t.after(() => rm(copyDir, { recursive: true, force: true }))
  const spend = async (dataDir: string, n: number) => {
    const store = await openSqliteStore({ dataDir, clock: systemClock })
    store.records.put(sampleCall(n, { costUsd: n }))
    await store.records.flush()
    const rows = await store.reports.spent(hour)
    await store.close()
    return new Map(rows.map(({ by, costUsd }) => [by.writer, costUsd]))
  }
  const [[name] = []] = await spend(place.dataDir, 1)
  await cp(place.dataDir, copyDir, { recursive: true })
  assert.deepEqual(await spend(place.dataDir, 2), new Map([[name, 3]]))
  const copied = await spend(copyDir, 4)
  assert.deepEqual([copied.size, copied.get(name)], [2, 1])
  assert.deepEqual([...copied.values()].sort(), [1, 4])
  assert.deepEqual([...(await spend(copyDir, 8)).values()].sort(), [1, 12])
})
