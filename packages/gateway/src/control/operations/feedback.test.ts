import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noon } from './fake-catalog.ts'
import { fakePlatform, record } from './fake-platform.ts'

const demo = { consumer: 'demo', permissions: ['infer'] } as const
const good = { metric: 'correct', value: true }

for (const kept of ['calls', 'waiting'] as const) {
  test(`feedback finds its call by id and by reference (${kept})`, async () => {
    const platform = await fakePlatform()
    platform[kept].set(record.id, record)
    const byId = await platform.run('giveFeedback', { call: record.id, ...good }, demo)
    const byReference = await platform.run(
      'giveFeedback',
      { reference: 'order-7', metric: 'stars', value: 4, source: 'judge', comment: 'well' },
      demo,
    )
    assert.deepEqual([byId.output, byReference.output], [{ call: record.id }, { call: record.id }])
    const common = { callId: record.id, time: noon, consumer: 'demo' }
    assert.deepEqual(platform.feedback, [
      { ...common, ...good, source: 'user', comment: undefined },
      { ...common, metric: 'stars', value: 4, source: 'judge', comment: 'well' },
    ])
  })

  test(`404 for another consumer's call, as for none (${kept})`, async () => {
    const platform = await fakePlatform()
    platform[kept].set(record.id, record)
    const other = { ...demo, consumer: 'checkout' }
    for (const which of [{ call: record.id }, { reference: 'order-7' }, { call: 'nobody' }, { reference: 'none' }]) {
      await assert.rejects(platform.run('giveFeedback', { ...which, ...good }, other), {
        code: 'unknown_call',
        facts: {},
      })
    }
    assert.deepEqual(platform.feedback, [])
  })
}

test('422 unless either the call or its reference is given', async () => {
  const { run } = await fakePlatform()
  await assert.rejects(run('giveFeedback', good, demo), { code: 'invalid_input' })
  await assert.rejects(run('giveFeedback', { ...good, call: 'a', reference: 'b' }, demo), { code: 'invalid_input' })
})
