import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callerOf } from '../../kernel/caller.ts'
import type { LimitStatus, RefusedBy } from '../../kernel/limits.ts'
import type { CallRecord } from '../../kernel/record.ts'
import { noon } from './fake-catalog.ts'
import { fakePlatform, record } from './fake-platform.ts'

const ofTeam: LimitStatus = {
  owner: { kind: 'team', name: 'growth' },
  kind: 'requests',
  limit: 600,
  windowMs: 60_000,
  remaining: 0,
  resetMs: 58_000,
}
const refusedBy: RefusedBy = { ...ofTeam, retryAfterMs: 1200 }
const refused: CallRecord = {
  ...record,
  ...{ versionServed: undefined, outcome: 'refused', code: 'rate_limited', latencyMs: 0.5, queueMs: 0, attempts: [] },
}

async function explained(over: object, now: readonly LimitStatus[] = []) {
  const { run, calls, limits, asked } = await fakePlatform()
  limits.push(...now)
  calls.set(record.id, { ...record, ...over })
  const { output } = await run('explainCall', { id: record.id })
  return { output, asked }
}

test('a call that a limit refused: which one, whose it is, when it frees, and how it stands now', async () => {
  const now = { ...ofTeam, remaining: 240, resetMs: 36_000 }
  const { output, asked } = await explained({ ...refused, team: 'growth', refusedBy }, [
    { ...now, kind: 'tokens' },
    now,
  ])
  assert.equal(
    output.why,
    'It was refused with "rate_limited" by the limit of team "growth", 600 requests a minute: none of them left. ' +
      'It frees at 2026-11-22T12:00:01.324Z.',
  )
  assert.equal(output.freesAt, new Date(noon + 123 + 0.5 + 1200.5).toISOString())
  assert.equal(output.next, 'Repeat after the time in Retry-After.')
  assert.deepEqual(output.refusedBy, refusedBy)
  assert.deepEqual(output.now, now)
  assert.deepEqual(asked.limits, { team: 'growth' })
  assert.deepEqual(output.tried, [])
})

test('a call that asks for more than ever fits', async () => {
  const tokens = { ...refusedBy, kind: 'tokens', limit: 1000, remaining: 912.4, retryAfterMs: undefined }
  const { output } = await explained({ ...refused, refusedBy: tokens })
  assert.match(String(output.why), /1000 tokens a minute: 912 of them left, too few for it\. Waiting does not help/)
  assert.match(String(output.next), /^Send less at once/)
  assert.equal('freesAt' in output, false)
})

test('a burst that was used up is named, and is not told as the whole interval', async () => {
  const { output } = await explained({ ...refused, refusedBy: { ...refusedBy, burst: 1 } })
  assert.match(
    String(output.why),
    /"growth", 600 requests a minute, 1 at once: none could be had just then\. It frees at 2026-11-22T12:00:01\.324Z\.$/,
  )
})

test('of calls in flight it is not told when one ends, as nobody knows', async () => {
  const { windowMs: _, ...inFlight } = { ...refusedBy, kind: 'concurrent', limit: 1, retryAfterMs: 1000 } as const
  const { output } = await explained({ ...refused, refusedBy: { ...inFlight, windowMs: undefined } })
  assert.match(String(output.why), /"growth", 1 call in flight: as many were\. It frees as soon as one of them ends/)
  assert.equal('freesAt' in output, false)
})

test('how a limit stands now is left out where its owner is no more', async () => {
  for (const owner of [
    { kind: 'key', name: 'key_gone' },
    { kind: 'version', name: 'spam@v1/7.7' },
    { kind: 'version', name: 'gone@v1/1.0' },
  ]) {
    const { output, asked } = await explained({ ...refused, refusedBy: { ...refusedBy, owner } }, [ofTeam])
    assert.equal('now' in output, false)
    assert.equal(asked.limits, undefined)
  }
})

test('the limit of a version is looked up by its version', async () => {
  const owner = { kind: 'version', name: 'spam@v1/1.1' } as const
  const { output, asked } = await explained({ ...refused, refusedBy: { ...refusedBy, owner } }, [{ ...ofTeam, owner }])
  assert.equal(asked.limits?.version?.id, '1.1')
  assert.deepEqual(output.now, { ...ofTeam, owner })
})

const whys: readonly [string, object, string][] = [
  ['answered', {}, 'It was answered by 1.1.'],
  [
    'answered by the cache',
    { cache: 'hit', versionServed: undefined, attempts: [] },
    'It was answered from the cache.',
  ],
  [
    'refused before a model was asked',
    { ...refused, code: 'model_forbidden', reason: 'demo may not use spam' },
    'It was refused with "model_forbidden": This key or token may not use this model (demo may not use spam). No model was asked.',
  ],
  [
    'failed at every version',
    {
      ...{ outcome: 'failed', code: 'upstream_failed', reason: 'HTTP 500', versionServed: undefined },
      attempts: ['1.1', '1.0'].map((version) => ({ ...record.attempts[0], version, code: 'upstream_failed' })),
    },
    'It failed with "upstream_failed": The model failed (HTTP 500). Tried: 1.1 at embedded, 1.0 at embedded.',
  ],
  [
    'given up while it waited',
    { outcome: 'failed', code: 'timeout', queueMs: 200.4, attempts: [] },
    'It failed with "timeout": The time limit ran out. It waited for a place for 200 ms, and no model was asked.',
  ],
  [
    'left by its caller',
    { outcome: 'cancelled', code: 'cancelled', attempts: [], queueMs: 0 },
    'The caller went away. No model was asked.',
  ],
]
for (const [what, over, why] of whys) {
  test(`why a call was ${what}`, async () => assert.equal((await explained(over)).output.why, why))
}

test('a call that nobody knows', async () => {
  const { run } = await fakePlatform()
  await assert.rejects(run('explainCall', { id: 'x' }), { code: 'unknown_call' })
})

const infer = { permissions: ['infer'], consumer: 'demo' } as const

test('whose call it was learns with a key that only infers which limit it met, and nothing of what is inside', async () => {
  const { run, calls, limits } = await fakePlatform()
  limits.push({ ...ofTeam, remaining: 3 })
  calls.set(record.id, { ...record, ...refused, team: 'growth', refusedBy, reason: 'secret of the inside' })
  const { output } = await run('explainCall', { id: record.id }, infer)
  assert.match(
    String(output.why),
    /by the limit of team "growth", 600 requests a minute: none of them left\. It frees at/,
  )
  const { why: _, ...rest } = output
  assert.deepEqual(rest, {
    ...{ id: record.id, outcome: 'refused', code: 'rate_limited', next: 'Repeat after the time in Retry-After.' },
    ...{ refusedBy, freesAt: '2026-11-22T12:00:01.324Z', now: { ...ofTeam, remaining: 3 }, tried: [], story: [] },
  })
})

test("what others' models may spend is not told to it, but that it was that, and when it frees", async () => {
  const { run, calls, limits } = await fakePlatform()
  const owner = { kind: 'model', name: 'spam' } as const
  limits.push({ ...ofTeam, owner, kind: 'budget-day' })
  const budget = { ...refusedBy, owner, kind: 'budget-day', limit: 4321, remaining: 0.17 } as const
  calls.set(record.id, { ...record, ...refused, code: 'budget_exhausted', refusedBy: budget })
  const { output } = await run('explainCall', { id: record.id }, infer)
  const why = 'as the budget of model "spam" did not leave room for it. It frees at 2026-11-22T12:00:01.324Z.'
  assert.equal(output.why, `It was refused with "budget_exhausted", ${why}`)
  assert.deepEqual([output.refusedBy, output.now], [undefined, undefined])
  assert.doesNotMatch(JSON.stringify(output), /4321|0\.17/)
})

test('no reason, replica or version of a call that failed, or was refused otherwise, is told to it', async () => {
  for (const [over, why] of [
    [{ outcome: 'failed', code: 'upstream_failed' }, 'It failed with "upstream_failed": The model failed.'],
    [{ outcome: 'cancelled', code: 'cancelled' }, 'The caller went away.'],
    [
      { ...refused, code: 'model_forbidden' },
      'It was refused with "model_forbidden": This key or token may not use this model. No model was asked.',
    ],
    [{}, 'It was answered by 1.1.'],
  ] as const) {
    const { run, calls } = await fakePlatform()
    calls.set(record.id, { ...record, reason: 'http://10.0.0.7 said no', ...over })
    const { output } = await run('explainCall', { id: record.id }, infer)
    assert.equal(output.why, why)
    assert.deepEqual([output.tried, output.story, output.versionAssigned], [[], [], undefined])
    assert.doesNotMatch(JSON.stringify(output), /embedded|10\.0\.0\.7/)
  }
})

test("another consumer's call, under way or over, is as unknown to it as one that never was", async () => {
  const { run, calls, waiting } = await fakePlatform()
  const other = { ...infer, consumer: 'checkout' } as const
  const told = async (id: string) => {
    const error = await run('explainCall', { id }, other).catch((thrown) => thrown)
    return [error.code, error.facts.detail, error.facts.next, error.facts.reason]
  }
  const unknown = await told('never')
  assert.equal(unknown[0], 'unknown_call')
  // What it may not ask either is no advice.
  assert.doesNotMatch(unknown[2], /GET/)
  waiting.set(record.id, record)
  const pending = await told(record.id)
  calls.set(record.id, record)
  for (const one of [pending, await told(record.id)]) {
    assert.deepEqual(one, [unknown[0], `There is no call "${record.id}" of yours`, ...unknown.slice(2)])
  }
})

test('its questions are counted, and write nothing sooner; those of who may read are not', async () => {
  const { run, calls, waiting, questions } = await fakePlatform()
  waiting.set(record.id, record)
  assert.equal((await run('explainCall', { id: record.id }, infer)).output.id, record.id)
  assert.deepEqual([calls.size, questions.length], [0, 1])
  await run('explainCall', { id: record.id })
  assert.deepEqual([calls.size, questions.length], [1, 1])
  await run('explainCall', { id: record.id }, infer)
  assert.equal(questions.length, 2)
})

test('with a token, calls of that token alone, or of the key that it was minted from', async () => {
  const { operations, calls } = await fakePlatform()
  calls.set(record.id, record)
  const run = operations.find(({ name }) => name === 'explainCall')?.run ?? assert.fail()
  const by = (keyId: string) => {
    const caller = { ...callerOf({ ...infer, id: keyId, createdAt: 0 }), token: 'minted' } as const
    const { signal } = new AbortController()
    return run({ id: record.id } as never, { caller, signal, ifMatch: undefined, etag: assert.fail })
  }
  await by(record.keyId)
  await assert.rejects(by('key_2'), { code: 'unknown_call' })
})
