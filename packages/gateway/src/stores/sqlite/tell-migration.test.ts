import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { migrations } from './migrations.ts'
import { tellMigration } from './tell-migration.ts'

test('a large database of an older schema is told, one that is small, new or missing is not', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'astra-tell-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const told: string[] = []
  const note = (_facts: object, message: string) => void told.push(message)
  const log = { info: note, warn: note, error: note }
  const write = (version: number) => {
    const db = new DatabaseSync(join(folder, 'astra.db'))
    db.exec(`CREATE TABLE IF NOT EXISTS calls (id TEXT); PRAGMA user_version = ${version}`)
    db.close()
  }
  await tellMigration(folder, log, 0)
  write(migrations.length)
  await tellMigration(folder, log, 0)
  write(2)
  await tellMigration(folder, log)
  assert.deepEqual(told, [])
  await tellMigration(folder, log, 0)
  assert.match(told.join(), new RegExp(`to schema ${migrations.length},`))
})
