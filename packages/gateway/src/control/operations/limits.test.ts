import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LimitStatus } from '../../kernel/limits.ts'
import { fakePlatform } from './fake-platform.ts'

const budget: LimitStatus = {
  owner: { kind: 'consumer', name: 'demo' },
  kind: 'budget-day',
  limit: 20,
  windowMs: 86_400_000,
  remaining: 12.345_678_9,
  resetMs: 3_600_500,
}
const places: LimitStatus = {
  ...budget,
  ...{ owner: { kind: 'model', name: 'spam' }, kind: 'concurrent', limit: 50, windowMs: undefined },
  ...{ remaining: 50, resetMs: 0 },
}

test('limits are asked for by their owners, and told as data and in words', async () => {
  const { run, limits, asked } = await fakePlatform()
  limits.push(budget, places)
  const { output } = await run('explainLimits', { consumer: 'demo', team: 'growth', model: 'spam', version: '1.1' })
  const { version, ...owners } = asked.limits ?? {}
  assert.deepEqual([owners, version?.id], [{ consumer: 'demo', team: 'growth', model: 'spam' }, '1.1'])
  const { windowMs: _, ...told } = places
  assert.deepEqual(output.limits, [budget, told])
  assert.deepEqual(output.words, [
    'consumer "demo": USD 20 a day, 12.3457 left, all of it again in 3601 s',
    'model "spam": 50 calls in flight, 50 left',
  ])
})

test('the bounds of the contract come along with a model', async () => {
  const { run } = await fakePlatform()
  const { contract } = (await run('explainLimits', { model: 'spam' })).output as { contract?: Record<string, unknown> }
  assert.deepEqual(
    [contract?.model, contract?.major, contract?.queueMax, contract?.whenUnavailable],
    ['spam', 'v1', 0, 'open'],
  )
  assert.deepEqual((await run('explainLimits', {})).output, { limits: [], words: [] })
})

test("a key brings its limits and its consumer's", async () => {
  const { run, ports, asked } = await fakePlatform()
  const limits = { requests: { amount: 1, perMs: 1000, burst: 1 } }
  const { key } = await ports.keyring.create({ consumer: 'demo', permissions: ['infer'], limits })
  await run('explainLimits', { key: key.id })
  assert.deepEqual([asked.limits?.key?.limits, asked.limits?.consumer], [limits, 'demo'])
  await assert.rejects(run('explainLimits', { key: key.id, consumer: 'checkout' }), { code: 'invalid_input' })
})

test('what does not exist is said', async () => {
  const { run } = await fakePlatform()
  const faults = [
    [{ consumer: 'dmeo' }, 'unknown_consumer'],
    [{ key: 'key_x' }, 'unknown_key'],
    [{ model: 'sapm' }, 'unknown_model'],
    [{ model: 'spam', major: 'v9' }, 'unknown_major'],
    [{ model: 'spam', version: '9' }, 'unknown_version'],
    [{ version: '1.1' }, 'invalid_input'],
    [{ major: 'v1' }, 'invalid_input'],
  ] as const
  for (const [input, code] of faults) await assert.rejects(run('explainLimits', input), { code }, JSON.stringify(input))
})
