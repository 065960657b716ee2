import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Payload } from '../../kernel/payload.ts'
import { noon } from './fake-catalog.ts'
import { fakePlatform, record } from './fake-platform.ts'

const payload: Payload = {
  callId: record.id,
  time: noon,
  model: 'spam',
  major: 1,
  version: '1.1',
  redacted: true,
  until: noon + 86_400_000,
  inputs: [{ text: 'from [e-mail]' }, { text: 'b' }],
  outputs: [{ output: { label: 'spam' } }, { error: 'upstream_failed' }],
}

test('what a call asked and was answered is told', async () => {
  const { run, payloads } = await fakePlatform()
  payloads.set(record.id, payload)
  const { output } = await run('getCallPayload', { id: record.id })
  assert.deepEqual(output, {
    id: record.id,
    time: new Date(noon).toISOString(),
    model: 'spam',
    major: 'v1',
    version: '1.1',
    redacted: true,
    keptUntil: new Date(noon + 86_400_000).toISOString(),
    inputs: payload.inputs,
    outputs: payload.outputs,
  })
})

test('404 with what to do for a call without one, and for one that there is not', async () => {
  const { run, calls } = await fakePlatform()
  await assert.rejects(run('getCallPayload', { id: 'nobody' }), {
    code: 'unknown_call',
    facts: { detail: 'There is no call "nobody"', next: 'See GET /api/v1/calls for the calls.' },
  })
  calls.set(record.id, record)
  await assert.rejects(run('getCallPayload', { id: record.id }), ({ code, facts }) => {
    assert.equal(code, 'unknown_call')
    assert.equal(facts.detail, `No payload is kept of the call "${record.id}"`)
    assert.match(facts.next, /declare "capture: redacted"/)
    return true
  })
})

test('only who operates may read and delete', async () => {
  const { operations } = await fakePlatform()
  const ours = operations.filter(({ name }) => /Payload/.test(name))
  assert.deepEqual(
    ours.map(({ name, permission }) => [name, permission]),
    [
      ['getCallPayload', 'operate'],
      ['deletePayloads', 'operate'],
    ],
  )
})

test('payloads are deleted by model, major and time', async () => {
  const { run, payloads, asked } = await fakePlatform()
  payloads.set(record.id, payload)
  assert.deepEqual((await run('deletePayloads', { model: 'spam' })).output, { deleted: 1 })
  assert.deepEqual(asked.payloadsGone, { model: 'spam' })
  await run('deletePayloads', { model: 'spam', major: 'v2', before: '1h' })
  assert.deepEqual(asked.payloadsGone, { model: 'spam', major: 2, to: noon - 3_600_000 })
  await assert.rejects(run('deletePayloads', { model: 'spam', before: 'soon' }), { code: 'invalid_input' })
})

test('404 with the nearest name where nothing is kept of a model that there is not', async () => {
  const { run, payloads } = await fakePlatform()
  await assert.rejects(run('deletePayloads', { model: 'spma' }), {
    code: 'unknown_model',
    facts: { detail: 'There is no model "spma"', next: 'Did you mean "spam"?' },
  })
  // One that is deployed no more.
  payloads.set(record.id, payload)
  await run('deletePayloads', { model: 'gone' })
})

test('a key that is bound to other models neither reads nor deletes them', async () => {
  const { run, payloads, calls, asked } = await fakePlatform()
  const bound = { models: ['digits'] }
  payloads.set(record.id, payload)
  await assert.rejects(run('getCallPayload', { id: record.id }, bound), { code: 'model_forbidden' })
  await assert.rejects(run('deletePayloads', { model: 'spam' }, bound), { code: 'model_forbidden' })
  assert.equal(asked.payloadsGone, undefined)
  payloads.clear()
  calls.set(record.id, record)
  await assert.rejects(run('getCallPayload', { id: record.id }, bound), { code: 'model_forbidden' })
})
