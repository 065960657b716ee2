import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JudgeSum, JudgeSumName } from '../../kernel/judge.ts'
import { fakePlatform } from './fake-platform.ts'

const day = Date.UTC(2026, 10, 22) / 86_400_000
const subject = { model: 'spam', major: 1, metric: 'helpful', version: '1.0', judge: 'judge@v1/1.0', day }
const sums = (values: Partial<Record<JudgeSumName, number>>, of: Partial<JudgeSum> = {}): JudgeSum[] =>
  Object.entries(values).map(([name, value = 0]) => ({ ...subject, ...of, name: name as JudgeSumName, value }))
const input = { model: 'spam', major: 'v1' }

interface Told {
  readonly day?: string
  readonly metric: string
  readonly judge: string
  readonly version: string
  readonly judged: number
  readonly mean?: { readonly value: number; readonly lower?: number; readonly upper?: number }
}

test('the report has every judge and version, all days together and each by itself', async () => {
  const { run, judgeSums } = await fakePlatform()
  // 100 times 3, 100 times 5.
  const first = { asked: 220, judged: 200, value: 800, 'value-squares': 3400, 'latency-ms': 2200, 'cost-usd': 0.5 }
  judgeSums.push(
    ...sums({ ...first, 'failed/value': 15, 'failed/timeout': 5, 'dropped/full': 3 }),
    ...sums({ asked: 1, judged: 1, value: 4, 'value-squares': 16, unpriced: 1, 'dropped/full': 1 }, { day: day + 1 }),
    ...sums({ 'dropped/limits': 5 }, { version: '1.1' }),
    ...sums({ judged: 2, value: 2, 'value-squares': 2 }, { judge: 'judge@v1/1.1' }),
    ...sums(first, { model: 'digits' }),
    ...sums(first, { major: 2 }),
  )
  const { judges, versions, days } = (await run('getJudgeReport', input)).output as {
    judges: unknown
    versions: Told[]
    days: Told[]
  }
  assert.deepEqual(judges, [])
  assert.deepEqual(
    days.map(({ day, version, judge, judged }) => [day, version, judge, judged]),
    [
      ['2026-11-22', '1.0', 'judge@v1/1.0', 200],
      ['2026-11-23', '1.0', 'judge@v1/1.0', 1],
      ['2026-11-22', '1.1', 'judge@v1/1.0', 0],
      ['2026-11-22', '1.0', 'judge@v1/1.1', 2],
    ],
  )
  const [one, dropped, other] = versions
  assert.ok(one && dropped && other && versions.length === 3)
  const { mean, ...told } = one
  assert.deepEqual(told, {
    ...{ metric: 'helpful', judge: 'judge@v1/1.0', version: '1.0', asked: 221, judged: 201 },
    ...{
      failed: { value: 15, timeout: 5 },
      dropped: { full: 4 },
      latencyMeanMs: 2200 / 221,
      costUsd: 0.5,
      unpriced: 1,
    },
  })
  const { value = 0, lower = 5, upper = 0 } = mean ?? {}
  assert.equal(value, 4)
  // The standard error is 0.07: valid at any time, the interval is some three of them to either side.
  assert.ok(lower > 3.6 && lower < 3.85 && upper > 4.15 && upper < 4.4, `${lower} ${upper}`)
  assert.deepEqual([dropped.judged, dropped.mean], [0, undefined])
  assert.deepEqual(other.mean, { value: 1 }, 'equal values tell no spread')
})

test('a contract that does not exist is refused', async () => {
  const { run } = await fakePlatform()
  await assert.rejects(run('getJudgeReport', { ...input, model: 'spma' }), { code: 'unknown_model' })
  await assert.rejects(run('getJudgeReport', { ...input, major: 'v9' }), { code: 'unknown_major' })
})
