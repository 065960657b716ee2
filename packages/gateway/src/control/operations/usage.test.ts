import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noon } from './fake-catalog.ts'
import { fakePlatform } from './fake-platform.ts'

test('usage of the last hour is the default', async () => {
  const { run, asked } = await fakePlatform()
  const { output } = await run('getUsage', {})
  assert.deepEqual(asked.usage, { from: noon - 3_600_000, to: noon, by: [] })
  assert.deepEqual([output.from, output.to], ['2026-11-22T11:00:00.000Z', '2026-11-22T12:00:00.000Z'])
  assert.equal((output.rows as { time: string }[])[0]?.time, '2026-11-22T11:59:00.000Z')
})

test('usage is split by dimensions and time', async () => {
  const { run, asked } = await fakePlatform()
  await run('getUsage', {
    since: '1d',
    by: ['model', 'version', 'model'],
    every: '1h',
    model: 'spam',
    consumer: 'demo',
  })
  assert.deepEqual(asked.usage, {
    from: noon - 86_400_000,
    to: noon,
    by: ['model', 'version'],
    everyMinutes: 60,
    model: 'spam',
    consumer: 'demo',
  })
})

test('422 for buckets that are no whole minutes or too many, and for a time that runs backwards', async () => {
  const { run, asked } = await fakePlatform()
  for (const [input, message] of [
    [{ every: '90s' }, /every must be whole minutes/],
    [{ every: '0m' }, /every must be whole minutes/],
    [{ every: 'often' }, /every must be a duration/],
    [{ since: '2d', every: '1m' }, /every makes more than 1500 buckets; take 2m or more/],
    [{ since: '1h', until: '2h' }, /since must lie before until/],
  ] as const) {
    await assert.rejects(run('getUsage', input), { code: 'invalid_input', message })
  }
  assert.equal(asked.usage, undefined)
})
