import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noon } from './fake-catalog.ts'
import { record } from './fake-platform.ts'
import { tellStory } from './tell-story.ts'

test('a call that went well', () => {
  const feedback = {
    callId: record.id,
    metric: 'correct',
    value: true,
    source: 'user',
    comment: 'right',
    time: noon + 86_400_000,
    consumer: 'demo',
  } as const
  assert.deepEqual(tellStory(record, [feedback]), [
    '12:00:00.123 received at the native door from consumer demo (key_1) on 2026-11-22, for spam v1.',
    'It saw revision 7 of the catalog; its trace is 4bf92f3577b34da6a3ce929d0e0e4736, its reference "order-7".',
    'Assigned to 1.1: the unit hashes into its 50 % share.',
    '12:00:00.125 attempt 1 (serve) of 1.1 at embedded took 20 ms and went well.',
    '12:00:00.150 answered by 1.1: 1 item.',
    'Of 27.1 ms it spent 3 ms in queues, 20 ms upstream and 4.1 ms in the gateway.',
    '2026-11-23 12:00:00.000 feedback from demo (user): correct = true: "right".',
  ])
})

test('a call that takes part in an experiment, served by a fallback', () => {
  const enrolment = { experiment: 'spam-1.1', epoch: 2, arm: '1.1', unit: 'ab', attributionMs: 1000 }
  const story = tellStory({ ...record, assignReason: 'experiment', versionServed: '1.0', enrolment }, [])
  assert.deepEqual(story.slice(2, 5), [
    'Assigned to 1.1: an experiment runs, and the unit hashes into its 50 % share of those enrolled.',
    'Another version, 1.0, served it.',
    'It is evidence of the experiment "spam-1.1" (epoch 2), for 1.1.',
  ])
})

test('a call that was refused before it met a version', () => {
  const story = tellStory(
    {
      ...record,
      major: undefined,
      versionAssigned: undefined,
      versionServed: undefined,
      assignReason: undefined,
      propensity: undefined,
      reference: undefined,
      outcome: 'refused',
      code: 'unknown_model',
      reason: 'There is no model "spam".',
      latencyMs: 0.4,
      queueMs: 0,
      upstreamMs: 0,
      attempts: [],
    },
    [],
  )
  assert.deepEqual(story, [
    '12:00:00.123 received at the native door from consumer demo (key_1) on 2026-11-22, for spam.',
    'It saw revision 7 of the catalog; its trace is 4bf92f3577b34da6a3ce929d0e0e4736.',
    'It was assigned to no version.',
    '12:00:00.123 refused with "unknown_model", and no model was asked: There is no model "spam".',
    'Of 0.4 ms it spent 0 ms in queues, 0 ms upstream and 0.4 ms in the gateway.',
  ])
})

test('what a call cost, or that nobody knows', () => {
  const told = (over: object) => tellStory({ ...record, ...over }, []).slice(4)
  const usage = { inputTokens: 12, cachedInputTokens: 8, outputTokens: 7, reasoningTokens: 3 }
  const upstreamModel = 'openai/gpt-4o-mini'
  const spent = 'Of 27.1 ms it spent 3 ms in queues, 20 ms upstream and 4.1 ms in the gateway.'
  assert.deepEqual(told({ ...usage, upstreamModel, costUsd: 0.00012345 }), [
    '12:00:00.150 answered by 1.1: 1 item, 12 tokens in (8 of them cached) and 7 out (3 of them reasoning).',
    spent,
    'It cost 0.000123 USD by the price of openai/gpt-4o-mini.',
  ])
  const about = told({ upstreamModel, costUsd: 0, usageEstimated: true })
  assert.equal(about.at(-1), 'It cost about 0 USD by the price of openai/gpt-4o-mini.')
  assert.equal(
    told({ upstreamModel, unpriced: true }).at(-1),
    'What it cost is not known: there is no price for openai/gpt-4o-mini.',
  )
  assert.equal(told({ unpriced: true }).at(-1), 'What it cost is not known: there is no price for this version.')
  const [attempt] = record.attempts
  assert.ok(attempt)
  const failed = [{ ...attempt, code: 'upstream_failed' }]
  assert.equal(
    told({ upstreamModel, attempts: failed }).at(-1),
    'What it cost is not known: what failed upstream did not tell what it used.',
  )
  const twice = [...failed, attempt]
  assert.equal(
    told({ upstreamModel, costUsd: 0.5, attempts: twice }).at(-1),
    'It cost 0.5 USD by the prices of the models that were asked.',
  )
  assert.equal(
    told({ upstreamModel, costUsd: 0.5, unpriced: true, attempts: twice }).at(-1),
    'It cost more than 0.5 USD by the prices of the models that were asked: there is no price for a model that was asked.',
  )
  const here = tellStory({ ...record, versionServed: undefined, attempts: [] }, [])
  assert.ok(here.includes('12:00:00.150 answered by the gateway itself: 1 item.'))
})

test('a stream that was tried twice, then cut', () => {
  const [attempt] = record.attempts
  assert.ok(attempt)
  const failed = { ...attempt, code: 'upstream_unavailable', reason: 'connection refused.', durationMs: 1 } as const
  const story = tellStory(
    {
      ...record,
      streamed: true,
      firstChunkMs: 12,
      versionServed: '1.0',
      assignReason: 'weights-call',
      outcome: 'failed',
      code: 'upstream_failed',
      reason: 'the stream ended early',
      items: 2,
      itemsFailed: 1,
      outputTokens: 7,
      usageEstimated: true,
      attempts: [failed, { ...attempt, role: 'retry', atMs: 5 }],
    },
    [],
  )
  assert.deepEqual(story.slice(2, -1), [
    "Assigned to 1.1: there is neither unit nor session, and the call's id falls into its 50 % share.",
    'Another version, 1.0, served it.',
    '12:00:00.125 attempt 1 (serve) of 1.1 at embedded took 1 ms and failed with "upstream_unavailable": connection refused.',
    '12:00:00.128 attempt 2 (retry) of 1.1 at embedded took 20 ms and went well.',
    '12:00:00.135 the first chunk went out, 12 ms after the call came in.',
    '12:00:00.150 failed with "upstream_failed" (2 items, 1 of them failed, 0 tokens in and 7 out (counted here, at least in part)): the stream ended early.',
  ])
})
