import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { sampleCall, sampleFeedback, sampleId, start } from '../conformance/samples.ts'
import { addLatency, emptyHistogram, encodeHistogram } from '../latency-histogram.ts'
import { placeFor } from './fixtures/sqlite-place.ts'
import { migrations } from './migrations.ts'
import { setReader } from './sets/read-sets.ts'

const applicationId = 0x41737472
const day = { from: start - 86_400_000, to: start + 86_400_000 }

test('a database of schema 1 opens with its rows, which have no cost, and takes new ones', async (t) => {
  const place = await placeFor(t)
  mkdirSync(place.dataDir, { mode: 0o700 })
  const path = join(place.dataDir, 'astra.db')
  writeFileSync(path, '', { mode: 0o600 })
  firstSchema(path)

  const store = await place.open()
  assert.deepEqual(await store.reports.call(sampleId(1)), sampleCall(1, { inputTokens: 7, outputTokens: 3 }))
  const again = { inputTokens: 5, cachedInputTokens: 2, outputTokens: 1, reasoningTokens: 1, costUsd: 0.5 }
  store.records.put(sampleCall(2, again))
  store.records.put(sampleCall(3, { unpriced: true }))
  await store.records.flush()
  const [row] = await store.reports.usage({ ...day, by: [] })
  assert.deepEqual([row?.calls, row?.inputTokens, row?.outputTokens], [3, 12, 4])
  assert.deepEqual([row?.cachedInputTokens, row?.reasoningTokens, row?.costUsd, row?.unpriced], [2, 1, 0.5, 1])
  await store.close()
})

test('of a database of schema 2 the minutes get the cache writes that its Records hold', async (t) => {
  const place = await placeFor(t)
  mkdirSync(place.dataDir, { mode: 0o700 })
  const path = join(place.dataDir, 'astra.db')
  writeFileSync(path, '', { mode: 0o600 })
  const served = { version_served: '1.1', cache_write_input_tokens: 4 }
  secondSchema(path, [served, { ...served, cache_write_input_tokens: 5 }, { outcome: 'failed', code: 'timeout' }])

  const store = await place.open()
  const told = (await store.reports.usage({ ...day, by: ['outcome'] })).map(({ by, cacheWriteInputTokens }) => [
    by.outcome,
    cacheWriteInputTokens,
  ])
  assert.deepEqual(told, [['failed', 0], ['ok', 9]]) // biome-ignore format: pairs
  store.records.put(sampleCall(9, { cacheWriteInputTokens: 2 }))
  await store.records.flush()
  assert.equal((await store.reports.usage({ ...day, by: [] }))[0]?.cacheWriteInputTokens, 11)
  await store.close()
})

test('of a database of schema 3 the minutes stay as they are, of no team, and new ones tell theirs', async (t) => {
  const place = await placeFor(t)
  mkdirSync(place.dataDir, { mode: 0o700 })
  const path = join(place.dataDir, 'astra.db')
  writeFileSync(path, '', { mode: 0o600 })
  secondSchema(path, [{ cache_write_input_tokens: 4 }, { outcome: 'failed', code: 'timeout' }])
  const db = new DatabaseSync(path)
  db.exec(`${migrations[2]} PRAGMA user_version = 3`)
  db.close()

  const store = await place.open()
  store.records.put(sampleCall(7, { team: 'growth', cache: 'hit', cacheWriteInputTokens: 2 }))
  await store.records.flush()
  const told = await store.reports.usage({ ...day, by: ['team', 'outcome'] })
  assert.deepEqual(
    told.map(({ by, calls, cached, cacheWriteInputTokens }) => [
      by.team,
      by.outcome,
      calls,
      cached,
      cacheWriteInputTokens,
    ]),
    [
      ['', 'failed', 1, 0, 0],
      ['', 'ok', 1, 0, 4],
      ['growth', 'ok', 1, 1, 2],
    ],
  )
  assert.equal((await store.reports.call(sampleId(7)))?.cache, 'hit')
  await store.close()
})

test('of a database of schema 5 what its Records cost is known by what budgets count', async (t) => {
  const place = await placeFor(t)
  mkdirSync(place.dataDir, { mode: 0o700 })
  const path = join(place.dataDir, 'astra.db')
  writeFileSync(path, '', { mode: 0o600 })
  secondSchema(path, [
    { key_id: 'key_1', major: 2, cost_usd: 0.5, version_served: '1.0' },
    { key_id: 'key_1', major: 2, cost_usd: 0.25 },
    { key_id: 'key_2', cost_usd: 4, time: start - 32 * 86_400_000 },
    { key_id: 'key_2' },
    // By a clock that was far ahead.
    { key_id: 'key_3', cost_usd: 0, time: 2 * start },
  ])
  const db = new DatabaseSync(path)
  db.exec(`${migrations.slice(2, 5).join('')} PRAGMA user_version = 5`)
  db.close()

  const store = await place.open()
  store.records.put(sampleCall(7, { keyId: 'key_2', costUsd: 1 }))
  await store.records.flush()
  const all = { from: 0, to: day.to, by: ['key', 'model', 'major', 'version'] } as const
  const of = { model: 'spam', version: '1.1' }
  assert.deepEqual(await store.reports.spent(all), [
    { by: { key: 'key_1', ...of, major: '2' }, costUsd: 0.75 },
    { by: { key: 'key_2', ...of, major: '1' }, costUsd: 1 },
  ])
  await store.close()
})

test('a database of schema 6 opens with its calls, which are of no experiment, and takes evidence', async (t) => {
  const place = await placeFor(t)
  mkdirSync(place.dataDir, { mode: 0o700 })
  const path = join(place.dataDir, 'astra.db')
  writeFileSync(path, '', { mode: 0o600 })
  secondSchema(path, [{ attempts: '[]' }])
  const db = new DatabaseSync(path)
  db.exec(`${migrations.slice(2, 6).join('')} PRAGMA user_version = 6`)
  insert(db, 'feedback', { call_id: sampleId(0), metric: 'score', source: 'user', value: '1', time: start })
  db.close()

  const store = await place.open()
  const before = await store.reports.call(sampleId(0))
  assert.deepEqual([before?.enrolment, before?.finish], [undefined, undefined])
  const enrolment = { experiment: 'spam-1.1', epoch: 1, arm: '1.1', unit: 'u', attributionMs: 1000 }
  store.records.put(sampleCall(7, { enrolment }))
  await store.records.feedback(sampleFeedback({ callId: sampleId(0), metric: 'score', time: start + 8 }))
  await store.records.feedback(sampleFeedback({ callId: sampleId(7), metric: 'score', time: start + 8 }))
  const [epoch] = await store.reports.evidence({ experiment: 'spam-1.1' }, [], start)
  assert.deepEqual(epoch?.arms, {
    '1.1': { assigned: 1, withFeedback: 1, frozen: { units: 0, withValue: {} }, metrics: {} },
  })
  await store.close()
})

test('evidence becomes that of an experiment and its start, and what an arm cost is summed up', () => {
  const db = new DatabaseSync(':memory:')
  const step = migrations.findIndex((text) => text.includes('started_at'))
  db.exec(migrations.slice(0, step).join(''))
  const experiments = { one: { progress: { startedAt: 1000 } }, draft: { progress: {} } }
  insert(db, 'catalogs', { revision: 1, time: 0, state: '{}', digests: '{}' })
  insert(db, 'catalogs', { revision: 2, time: 0, state: JSON.stringify({ experiments }), digests: '{}' })
  insert(db, 'calls', { id: 'a', experiment: 'one' })
  insert(db, 'calls', { id: 'b' })
  for (const experiment of ['one', 'gone']) {
    const key = { experiment, epoch: 1, arm: '1.1' }
    insert(db, 'experiment_arms', { ...key, units: 2 })
    for (const unit of ['u', 'v']) insert(db, 'experiment_units', { ...key, unit, cost_usd: 0.25 })
  }
  db.exec(migrations[step] ?? '')
  const arms = db.prepare('SELECT experiment, cost_usd FROM experiment_arms ORDER BY experiment').all()
  assert.deepEqual(
    arms.map((row) => ({ ...row })),
    [
      { experiment: 'gone', cost_usd: 0.5 },
      { experiment: 'one@1000', cost_usd: 0.5 },
    ],
  )
  const calls = db.prepare('SELECT experiment FROM calls ORDER BY id').all()
  assert.deepEqual(
    calls.map(({ experiment }) => experiment),
    ['one@1000', null],
  )
})

test('passes of gates stay passed when misses begin to be counted', () => {
  const db = new DatabaseSync(':memory:')
  const step = migrations.findIndex((text) => text.includes('RENAME TO gate_results'))
  db.exec(migrations.slice(0, step).join(''))
  insert(db, 'gate_passes', { key: 'k', time: 7, words: 'accuracy 98 %' })
  db.exec(migrations[step] ?? '')
  const { gateResults } = setReader(db)
  assert.deepEqual(gateResults(['k']), [{ key: 'k', time: 7, passed: true, misses: 0, words: 'accuracy 98 %' }])
})

test('an entry of the audit log can be neither changed nor removed', async (t) => {
  const place = await placeFor(t)
  const store = await place.open()
  const who = {
    keyId: 'key_1',
    consumer: 'platform',
    address: undefined,
    operation: 'revokeKey',
    target: '/keys/key_2',
  }
  await store.audit.append({
    ...who,
    time: start,
    outcome: 'done',
    code: undefined,
    before: undefined,
    after: undefined,
  })
  await store.close()
  const db = new DatabaseSync(join(place.dataDir, 'astra.db'))
  for (const sql of ["UPDATE audit SET consumer = 'other'", 'DELETE FROM audit']) {
    assert.throws(() => db.exec(sql), /append-only/)
  }
  assert.equal(db.prepare('SELECT count(*) AS n FROM audit').get()?.n, 1)
  db.close()
})

/** Calls as the second release left them, and their minutes. */
function secondSchema(path: string, calls: readonly Readonly<Record<string, string | number>>[]): void {
  const db = new DatabaseSync(path)
  db.exec(`PRAGMA journal_mode = WAL; ${migrations.slice(0, 2).join('')}`)
  const shared = { consumer: 'demo', door: 'native', model: 'spam', outcome: 'ok' }
  for (const [n, call] of calls.entries()) {
    insert(db, 'calls', { ...shared, id: sampleId(n), time: start + n, version_assigned: '1.1', ...call })
  }
  const latency = encodeHistogram(emptyHistogram())
  const minute = { ...shared, minute: start / 60_000, version: '1.1', code: '', calls: 1, latency, latency_sum_ms: 0 }
  insert(db, 'usage_minutes', minute)
  insert(db, 'usage_minutes', { ...minute, outcome: 'failed', code: 'timeout' })
  db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = 2`)
  db.close()
}

/** As the first release left it: one call, and its minute. */
function firstSchema(path: string): void {
  const db = new DatabaseSync(path)
  db.exec(`PRAGMA journal_mode = WAL; ${migrations[0]}`)
  const call = sampleCall(1, { inputTokens: 7, outputTokens: 3 })
  const columns = {
    ...{ id: call.id, time: call.time, door: call.door, consumer: call.consumer, key_id: call.keyId },
    ...{ model: call.model, major: 1, version_assigned: '1.1', version_served: '1.1', assign_reason: 'weights-unit' },
    ...{ propensity: 0.5, unit_hash: 'ab12', catalog_revision: 3, outcome: 'ok', latency_ms: call.latencyMs },
    ...{ queue_ms: call.queueMs, upstream_ms: call.upstreamMs, streamed: 0, items: 1, items_failed: 0 },
    ...{ input_tokens: 7, output_tokens: 3, usage_estimated: 0, trace_id: call.traceId },
    attempts: JSON.stringify(call.attempts),
  }
  insert(db, 'calls', columns)
  const latency = emptyHistogram()
  addLatency(latency, call.latencyMs)
  insert(db, 'usage_minutes', {
    ...{
      minute: start / 60_000,
      model: 'spam',
      version: '1.1',
      consumer: 'demo',
      door: 'native',
      outcome: 'ok',
      code: '',
    },
    ...{ calls: 1, failed: 0, items: 1, input_tokens: 7, output_tokens: 3, latency_sum_ms: call.latencyMs },
    latency: encodeHistogram(latency),
  })
  db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = 1`)
  db.close()
}

function insert(db: DatabaseSync, table: string, row: Readonly<Record<string, string | number>>): void {
  const places = Object.keys(row).map(() => '?')
  db.prepare(`INSERT INTO ${table} (${Object.keys(row).join(', ')}) VALUES (${places.join(', ')})`).run(
    ...Object.values(row),
  )
}
