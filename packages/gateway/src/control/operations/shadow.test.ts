import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ShadowSums } from '../../kernel/shadow.ts'
import { noon } from './fake-catalog.ts'
import { fakePlatform } from './fake-platform.ts'

const side = { latencyMs: 100, costUsd: 0.5, unpriced: 1 }
const sums = (over: Partial<ShadowSums> = {}): ShadowSums => ({
  ...{ model: 'spam', major: 1, served: '1.0', shadow: '1.1', day: '2026-11-22' },
  ...{ dropped: { full: 3 }, failed: { timeout: 2 }, skipped: {}, measures: { label: 10 } },
  ...{ answered: 10, compared: 10, agreed: 9, distance: { mean: 0.1, m2: 0.9 }, ofServed: side, ofShadow: side },
  ...over,
})
const input = { model: 'spam', major: 'v1' }

test('the report has every pair of versions, all days together and each by itself', async () => {
  const { run, shadowSums } = await fakePlatform()
  const later = { compared: 30, agreed: 30, distance: { mean: 0.02, m2: 0.3 }, measures: { label: 30 } }
  shadowSums.push(
    sums(),
    sums({ day: '2026-11-23', answered: 30, ...later, dropped: { limits: 1 }, failed: {}, skipped: { form: 1 } }),
    sums({ served: '0.9', answered: 0, compared: 0, agreed: 0, measures: {}, failed: {}, dropped: {} }),
    sums({ model: 'digits' }),
    sums({ major: 2 }),
  )
  const { pairs, days } = (await run('getShadowReport', input)).output as Record<'pairs' | 'days', never[]>
  assert.equal(days.length, 3)
  assert.equal(pairs.length, 2)
  const [both, unanswered] = pairs as { agreement: Record<string, number>; distance: Record<string, number> }[]
  assert.ok(both && unanswered)
  const { agreement, distance, ...told } = both
  assert.deepEqual(told, {
    ...{ served: '1.0', shadow: '1.1', answered: 40, compared: 40, agreed: 39 },
    ...{ measures: { label: 40 }, skipped: { form: 1 }, failed: { timeout: 2 }, dropped: { full: 3, limits: 1 } },
    ofServed: { latencyMeanMs: 5, costUsd: 1, unpriced: 2 },
    ofShadow: { latencyMeanMs: 5, costUsd: 1, unpriced: 2 },
  })
  const { share = 0, lower = 1, upper = 0 } = agreement
  assert.equal(share, 39 / 40)
  assert.ok(lower > 0.7 && lower < share && upper > share && upper < 1, `${lower} ${upper}`)
  assert.ok(Math.abs((distance.mean ?? 0) - 0.04) < 1e-12)
  // Within the days 0.9 + 0.3, between them 10 * 0.06^2 + 30 * 0.02^2.
  assert.ok(Math.abs((distance.deviation ?? 0) - Math.sqrt((1.2 + 0.048) / 40)) < 1e-12)
  assert.deepEqual(
    [unanswered.agreement, unanswered.distance, 'ofServed' in unanswered],
    [undefined, undefined, false],
    'nothing is said of what was not seen',
  )
})

test('disagreements are told by the ids of both calls', async () => {
  const { run, disagreements } = await fakePlatform()
  const one = { served: '1.0', shadow: '1.1', call: 'a', copy: 'b', measure: 'label', distance: 1 }
  disagreements.push({ ...one, model: 'spam', major: 1, time: noon }, { ...one, model: 'spam', major: 2, time: noon })
  assert.deepEqual((await run('getShadowReport', input)).output, {
    ...{ model: 'spam', major: 'v1', pairs: [], days: [] },
    disagreements: [{ ...one, time: '2026-11-22T12:00:00.000Z' }],
  })
})

test('a contract that does not exist is refused', async () => {
  const { run } = await fakePlatform()
  await assert.rejects(run('getShadowReport', { ...input, model: 'spma' }), { code: 'unknown_model' })
  await assert.rejects(run('getShadowReport', { ...input, major: 'v9' }), { code: 'unknown_major' })
})
