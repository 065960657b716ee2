import assert from 'node:assert/strict'
import { test } from 'node:test'
import { usageDimensions } from '../../kernel/store.ts'
import type { NewPlace } from '../conformance.ts'
import { sampleCall, sampleId, start, withStore } from './samples.ts'

const minute = 60_000
const hour = { from: start, to: start + 60 * minute }
const today = { from: start - 600 * minute, to: start + 840 * minute }

export function usageConformance(newPlace: NewPlace): void {
  test('usage sums up by any dimensions, "" standing for none', () =>
    withStore(newPlace, async ({ records, reports }) => {
      records.put(sampleCall(1, { items: 2, inputTokens: 7, outputTokens: 3, latencyMs: 10 }))
      records.put(sampleCall(2, { items: 3, inputTokens: 1, versionAssigned: '1.0', latencyMs: 20 }))
      records.put(sampleCall(3, { versionServed: undefined, outcome: 'failed', code: 'timeout', latencyMs: 30 }))
      const refused = { versionAssigned: undefined, versionServed: undefined, items: 0, latencyMs: 0 }
      records.put(sampleCall(4, { ...refused, door: 'graphql', outcome: 'refused', code: 'version_retired' }))
      await records.flush()
      const [row, none] = await reports.usage({ ...hour, by: [] })
      assert.deepEqual([row?.calls, row?.failed, row?.items, row?.inputTokens, row?.outputTokens], [4, 1, 6, 8, 3])
      assert.deepEqual([row?.time, row?.by, row?.latencyMeanMs, none], [start, {}, 15, undefined])
      const rows = await reports.usage({ ...hour, by: usageDimensions })
      const demo = { consumer: 'demo', team: '', model: 'spam' }
      assert.deepEqual(
        rows.map(({ by, calls }) => ({ ...by, calls })),
        [
          { ...demo, version: '', door: 'graphql', outcome: 'refused', code: 'version_retired', calls: 1 },
          { ...demo, version: '1.1', door: 'native', outcome: 'failed', code: 'timeout', calls: 1 },
          { ...demo, version: '1.1', door: 'native', outcome: 'ok', code: '', calls: 2 },
        ],
      )
    }))

  test('usage sums up what is priced, and counts what is not', () =>
    withStore(newPlace, async ({ records, reports }) => {
      const input = { inputTokens: 10, cachedInputTokens: 4, cacheWriteInputTokens: 3 }
      const tokens = { ...input, outputTokens: 5, reasoningTokens: 2 }
      records.put(sampleCall(1, { ...tokens, costUsd: 0.25 }))
      records.put(sampleCall(2, { ...tokens, costUsd: 0.5 }))
      records.put(sampleCall(3, { costUsd: 0, versionServed: '1.0' }))
      records.put(sampleCall(4, { ...tokens, unpriced: true }))
      await records.flush()
      const rows = await reports.usage({ ...hour, by: ['version'] })
      assert.deepEqual(
        rows.map(({ costUsd, unpriced, cachedInputTokens, cacheWriteInputTokens, reasoningTokens }) => [
          [costUsd, unpriced],
          [cachedInputTokens, cacheWriteInputTokens, reasoningTokens],
        ]),
        [
          [
            [0, 0],
            [0, 0, 0],
          ],
          [
            [0.75, 1],
            [12, 9, 6],
          ],
        ],
      )
    }))

  test('what was spent is told by key and by all else that limits count by, however many rows that are', () =>
    withStore(newPlace, async ({ records, reports }) => {
      const before = today.from - 1
      for (let n = 0; n <= 10_000; n += 1) records.put(sampleCall(n, { keyId: `key_${n}`, costUsd: 0.5 }))
      records.put(sampleCall(10_001, { team: 'growth', costUsd: 2, major: 2, versionServed: 'of a fallback' }))
      records.put(sampleCall(10_002, { team: 'idle' }))
      records.put(sampleCall(10_004, { consumer: 'astra-shadow', time: before, costUsd: 1 }))
      records.put(sampleCall(10_005, { time: before, costUsd: 4 }))
      const assigned = { versionAssigned: undefined, major: undefined }
      records.put(sampleCall(10_003, { team: 'growth', costUsd: 8, ...assigned, time: today.to }))
      await records.flush()
      // A batch that is sent again counts once.
      records.put(sampleCall(10_001, { team: 'growth', costUsd: 2 }))
      await records.flush()
      assert.equal((await reports.spent({ ...today, by: ['key'] })).length, 10_001)
      assert.deepEqual(await reports.spent({ ...hour, by: ['team', 'version', 'major'] }), [
        { by: { team: '', major: '1', version: '1.1' }, costUsd: 5000.5 },
        { by: { team: 'growth', major: '2', version: '1.1' }, costUsd: 2 },
      ])
      assert.deepEqual(await reports.spent({ from: today.from, to: today.to + 1, by: [] }), [
        { by: {}, costUsd: 5010.5 },
      ])
      const past = { from: today.from - 86_400_000, to: today.from, by: [] }
      assert.deepEqual(await reports.spent(past), [{ by: {}, costUsd: 5 }])
      assert.deepEqual(await reports.spent({ ...past, without: ['astra-shadow', 'astra-judge'] }), [
        { by: {}, costUsd: 4 },
      ])
      assert.deepEqual(await reports.spent({ from: 0, to: past.from, by: [] }), [])
    }))

  test('what was spent is told by who accounted for it, under one name from one start to the next', async () => {
    const place = await newPlace()
    const names: (string | undefined)[] = []
    for (const n of [1, 2]) {
      const store = await place.open()
      store.records.put(sampleCall(n, { costUsd: 0.5 }))
      await store.records.flush()
      const rows = await store.reports.spent({ ...hour, by: ['writer'] })
      assert.deepEqual(
        rows.map(({ costUsd }) => costUsd),
        [n / 2],
      )
      names.push(...rows.map(({ by }) => by.writer))
      await store.close()
    }
    await place.remove()
    assert.equal(new Set(names).size, 1)
    assert.match(names[0] ?? '', /^\S+$/)
  })

  test('usage sums up by team, and counts what the cache answered', () =>
    withStore(newPlace, async ({ records, reports }) => {
      for (const [n, cache] of (['hit', 'stale', 'joined', 'semantic', 'miss', 'bypass'] as const).entries()) {
        records.put(sampleCall(n, { team: 'growth', cache }))
      }
      records.put(sampleCall(7, { team: 'growth', consumer: 'shop' }))
      records.put(sampleCall(8))
      await records.flush()
      const rows = await reports.usage({ ...hour, by: ['team'] })
      assert.deepEqual(
        rows.map(({ by, calls, cached }) => [by.team, calls, cached]),
        [
          ['', 1, 0],
          ['growth', 7, 4],
        ],
      )
    }))

  test('usage keeps to its time, in buckets when asked, of one model or consumer when asked', () =>
    withStore(newPlace, async ({ records, reports }) => {
      for (const [n, at] of [-1, 0, 4, 5, 9, 59, 60].entries()) {
        const who = n % 2 === 0 ? { consumer: 'shop' } : { model: 'digits' }
        records.put(sampleCall(n, { ...who, time: start + at * minute }))
      }
      await records.flush()
      const counts = async (query: object) =>
        (await reports.usage({ ...hour, by: [], ...query })).map(({ time, calls }) => [(time - start) / minute, calls])
      assert.deepEqual(await counts({}), [[0, 5]])
      assert.deepEqual(await counts({ everyMinutes: 5 }), [[0, 2], [5, 2], [55, 1]]) // biome-ignore format: pairs
      assert.deepEqual(await counts({ everyMinutes: 60, consumer: 'shop' }), [[0, 2]])
      assert.deepEqual(await counts({ model: 'digits' }), [[0, 3]])
      assert.deepEqual(await counts({ from: start + 2 * 60 * minute, to: start + 3 * 60 * minute }), [])
    }))

  test('quantiles of merged minutes are never too low and at most 12 % too high', () =>
    withStore(newPlace, async ({ records, reports }) => {
      const latencies = Array.from({ length: 3000 }, (_, n) => 1.003 ** n * 0.05)
      for (const [n, latencyMs] of latencies.entries()) {
        records.put(sampleCall(n, { latencyMs, time: start + (n % 60) * minute }))
      }
      await records.flush()
      const [row] = await reports.usage({ ...hour, by: ['model'] })
      const read = [row?.latencyP50Ms ?? 0, row?.latencyP95Ms ?? 0, row?.latencyP99Ms ?? 0]
      for (const [i, quantile] of [0.5, 0.95, 0.99].entries()) {
        const ratio = (read[i] ?? 0) / (latencies[Math.ceil(quantile * 3000) - 1] ?? 0)
        assert.ok(ratio >= 1 - 1e-9 && ratio <= 1.12, `P${quantile * 100} is ${ratio} times the exact one`)
      }
    }))

  test('a name that is no model stays in its Record and out of the roll-ups', () =>
    withStore(newPlace, async ({ records, reports }) => {
      const refused = { versionAssigned: undefined, versionServed: undefined, outcome: 'refused' } as const
      for (let n = 1; n <= 50; n += 1) {
        records.put(sampleCall(n, { ...refused, model: `made-up-${n}`, code: 'unknown_model' }))
      }
      await records.flush()
      const rows = await reports.usage({ ...hour, by: ['model'] })
      assert.deepEqual(rows.map(({ by, calls }) => [by.model, calls]), [['', 50]]) // biome-ignore format: pairs
      assert.equal((await reports.call(sampleId(7)))?.model, 'made-up-7')
    }))

  test('an answer of more than 10,000 rows is refused', () =>
    withStore(newPlace, async ({ records, reports }) => {
      for (let n = 0; n <= 10_000; n += 1) records.put(sampleCall(n, { versionServed: String(n) }))
      await records.flush()
      await assert.rejects(reports.usage({ ...hour, by: ['version'] }), { code: 'query_too_costly' })
      assert.equal((await reports.usage({ ...hour, by: ['model'] }))[0]?.calls, 10_001)
    }))
}
