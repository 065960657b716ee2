import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noon } from './fake-catalog.ts'
import { fakePlatform, record } from './fake-platform.ts'

test('calls are filtered, and times given in words become moments', async () => {
  const { run, asked, calls } = await fakePlatform()
  calls.set(record.id, record)
  const { output } = await run('listCalls', {
    model: 'spam',
    outcome: 'ok',
    since: '1h',
    until: '2026-11-22T11:59:00Z',
  })
  assert.deepEqual(asked.filter, { model: 'spam', outcome: 'ok', limit: 50, from: noon - 3_600_000, to: noon - 60_000 })
  const [call] = output.calls as Record<string, unknown>[]
  assert.equal(call?.time, '2026-11-22T12:00:00.123Z')
  assert.equal('code' in (call ?? {}), false)
  assert.equal('next' in output, false)
})

test('422 for a time that cannot be read, naming the field', async () => {
  const { run } = await fakePlatform()
  await assert.rejects(
    run('listCalls', { since: 'yesterday' }),
    (error: { code: string; facts: { violations: [] } }) => {
      assert.equal(error.code, 'invalid_input')
      assert.deepEqual(error.facts.violations, [
        { path: '/since', message: 'must be like 30m, 1h, 2d, or a time like 2026-11-22T12:00:00Z' },
      ])
      return true
    },
  )
})

test('a call comes with its feedback and its story', async () => {
  const { run, calls, feedback } = await fakePlatform()
  calls.set(record.id, record)
  const judgement = { metric: 'correct', value: true, source: 'user', comment: undefined, consumer: 'demo' } as const
  feedback.push({ ...judgement, callId: record.id, time: noon })
  const { output } = await run('getCall', { id: record.id })
  const { comment: _, ...shown } = judgement
  assert.deepEqual(output.feedback, [{ ...shown, time: '2026-11-22T12:00:00.000Z' }])
  assert.match(String(output.story), /received at the native door/)
})

test('a call that has just ended is found before its Record is written', async () => {
  const { run, waiting } = await fakePlatform()
  waiting.set(record.id, record)
  const { output } = await run('getCall', { id: record.id })
  assert.equal((output.call as { id: string }).id, record.id)
})

test('a call whose Record becomes durable while the store is asked is found', async () => {
  const { run, waiting, calls, ports } = await fakePlatform()
  waiting.set(record.id, record)
  // The look that is under way was begun before the batch was written.
  const look = async (id: string) => {
    const seen = calls.get(id)
    for (const [written, one] of waiting) calls.set(written, one)
    waiting.clear()
    return seen
  }
  Object.assign(ports.reports, { call: look })
  const { output } = await run('getCall', { id: record.id })
  assert.equal((output.call as { id: string }).id, record.id)
})

test('404 for a call that never was, and another word for one that is still under way', async () => {
  const { run, waiting, ports } = await fakePlatform()
  Object.assign(ports.records, { flush: () => assert.fail('must not flush for a call that never was') })
  await assert.rejects(run('getCall', { id: 'nobody' }), {
    code: 'unknown_call',
    message: 'There is no call "nobody"',
  })
  waiting.set('under way', record)
  Object.assign(ports.records, { flush: async () => undefined })
  await assert.rejects(run('getCall', { id: 'under way' }), { code: 'unknown_call', message: /has no Record yet/ })
})
