import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { systemClock } from '../../kernel/clock.ts'
import { placeFor } from './fixtures/sqlite-place.ts'
import { tinyDisk } from './fixtures/tiny-disk.ts'
import { openSqliteStore } from './sqlite.ts'

const open = (dataDir: string) => openSqliteStore({ dataDir, clock: systemClock })

async function refusal(dataDir: string, because: RegExp): Promise<void> {
  await assert.rejects(open(dataDir), (error: Error) => {
    assert.equal(error.name, 'DataFolderError')
    assert.match(error.message, because)
    assert.ok(error.message.includes(dataDir), 'the message names the folder')
    assert.match(error.message, /--data DIR/)
    return true
  })
}

test('the folder and all in it are for their owner only', async (t) => {
  const place = await placeFor(t)
  const store = await place.open()
  await store.reports.calls({ limit: 1 })
  const mode = (path: string) => (statSync(path).mode & 0o777).toString(8)
  assert.equal(mode(place.dataDir), '700')
  const files = readdirSync(place.dataDir).sort()
  assert.deepEqual(files, ['astra.db', 'astra.db-shm', 'astra.db-wal', 'lock.db', 'lock.txt'])
  for (const file of files) assert.equal(mode(join(place.dataDir, file)), '600', file)
  await store.close()
})

test('a second gateway on the folder is refused and told which process holds it, until the first has closed', async (t) => {
  const place = await placeFor(t)
  const first = await place.open()
  await refusal(place.dataDir, new RegExp(`another gateway \\(process ${process.pid}, since 20.*Z\\) is using it`))
  await refusal(place.dataDir, /another gateway/)
  await first.close()
  await (await place.open()).close()
})

test('a folder whose path leads through a file is refused', async (t) => {
  const place = await placeFor(t)
  writeFileSync(place.dataDir, '')
  await refusal(place.dataDir, /a part of the path is a file/)
  await refusal(join(place.dataDir, 'below'), /a part of the path is a file/)
})

for (const content of ['not a database', 'x'.repeat(100_000)]) {
  test(`a file of ${content.length} bytes that is no database is refused and left alone`, async (t) => {
    const { dataDir } = await placeFor(t)
    mkdirSync(dataDir)
    writeFileSync(join(dataDir, 'astra.db'), content)
    await refusal(dataDir, /astra\.db is not a database/)
    assert.equal(statSync(join(dataDir, 'astra.db')).size, content.length)
  })
}

test("another program's database is refused and left alone", async (t) => {
  const { dataDir } = await placeFor(t)
  mkdirSync(dataDir)
  const theirs = new DatabaseSync(join(dataDir, 'astra.db'))
  theirs.exec('CREATE TABLE theirs (x)')
  await refusal(dataDir, /belongs to another program/)
  assert.equal(theirs.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.tables, 1)
  theirs.close()
})

test('a database of a newer gateway is refused', async (t) => {
  const place = await placeFor(t)
  await (await place.open()).close()
  const database = new DatabaseSync(join(place.dataDir, 'astra.db'))
  database.exec('PRAGMA user_version = 99')
  database.close()
  await refusal(place.dataDir, /a newer gateway wrote it \(schema 99; /)
})

test('a read-only disk is refused', async (t) => {
  const disk = tinyDisk(t)
  if (!disk) return
  await (await open(disk.path)).close()
  disk.remount('ro')
  await refusal(disk.path, /read-only/)
})

test('a full disk is refused, with or without a database on it, and taken once there is space', async (t) => {
  const disk = tinyDisk(t)
  if (!disk) return
  const ballast = join(disk.path, 'ballast')
  assert.throws(() => writeFileSync(ballast, Buffer.alloc(8 << 20)), { code: 'ENOSPC' })
  await refusal(disk.path, /the disk is full/)
  writeFileSync(ballast, '')
  await (await open(disk.path)).close()
  assert.throws(() => writeFileSync(ballast, Buffer.alloc(8 << 20)), { code: 'ENOSPC' })
  await refusal(disk.path, /the disk is full/)
})
