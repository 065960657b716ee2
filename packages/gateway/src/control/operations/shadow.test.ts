import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ShadowSum, ShadowSumName } from '../../kernel/shadow.ts'
import { noon } from './fake-catalog.ts'
import { fakePlatform } from './fake-platform.ts'

const day = Date.UTC(2026, 10, 22) / 86_400_000
const pair = { model: 'spam', major: 1, served: '1.0', shadow: '1.1', day }
const sums = (values: Partial<Record<ShadowSumName, number>>, of: Partial<ShadowSum> = {}): ShadowSum[] =>
  Object.entries(values).map(([name, value = 0]) => ({ ...pair, ...of, name: name as ShadowSumName, value }))
const input = { model: 'spam', major: 'v1' }

test('the report has every pair of versions, all days together and each by itself', async () => {
  const { run, shadowSums } = await fakePlatform()
  const sides = { 'served/latency-ms': 100, 'served/cost-usd': 0.5, 'shadow/latency-ms': 200, 'shadow/unpriced': 3 }
  const first = { answered: 10, compared: 10, agreed: 9, distance: 1, 'distance-squares': 1, 'measure/label': 10 }
  const second = { answered: 30, compared: 29, agreed: 29, 'measure/label': 28, 'measure/text': 1, 'skipped/form': 1 }
  shadowSums.push(
    ...sums({ ...first, ...sides, 'dropped/full': 3, 'failed/timeout': 2 }),
    ...sums({ ...second, ...sides, 'dropped/full': 1, 'dropped/limits': 1 }, { day: day + 1 }),
    ...sums({ 'failed/timeout': 5 }, { served: '0.9' }),
    ...sums(first, { model: 'digits' }),
    ...sums(first, { major: 2 }),
  )
  const { pairs, days } = (await run('getShadowReport', input)).output as Record<'pairs' | 'days', Told[]>
  assert.deepEqual(
    days.map(({ day, served, answered }) => [day, served, answered]),
    [
      ['2026-11-22', '1.0', 10],
      ['2026-11-23', '1.0', 30],
      ['2026-11-22', '0.9', 0],
    ],
  )
  const [both, unanswered] = pairs
  assert.ok(both && unanswered && pairs.length === 2)
  const { agreement, distance, ...told } = both
  assert.deepEqual(told, {
    ...{ served: '1.0', shadow: '1.1', answered: 40, compared: 39, agreed: 38 },
    ...{ measures: { label: 38, text: 1 }, skipped: { form: 1 } },
    ...{ failed: { timeout: 2 }, dropped: { full: 4, limits: 1 } },
    ofServed: { latencyMeanMs: 5, costUsd: 1, unpriced: 0 },
    ofShadow: { latencyMeanMs: 10, costUsd: 0, unpriced: 6 },
  })
  const { share = 0, lower = 1, upper = 0 } = agreement ?? {}
  assert.equal(share, 38 / 39)
  assert.ok(lower > 0.7 && lower < share && upper > share && upper <= 1, `${lower} ${upper}`)
  // One at distance 1, the others at 0.
  assert.ok(Math.abs((distance?.mean ?? 0) - 1 / 39) < 1e-12)
  assert.ok(Math.abs((distance?.deviation ?? 0) - Math.sqrt(38) / 39) < 1e-12)
  assert.deepEqual(
    [unanswered.agreement, unanswered.distance, unanswered.ofServed],
    [undefined, undefined, undefined],
    'nothing is said of what was not seen',
  )
})

interface Told {
  readonly day?: string
  readonly served: string
  readonly answered: number
  readonly agreement?: Readonly<Record<string, number>>
  readonly distance?: Readonly<Record<string, number>>
  readonly ofServed?: object
}

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
