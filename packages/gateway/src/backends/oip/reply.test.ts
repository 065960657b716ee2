import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Reply, readQueueMs, refusal } from './reply.ts'

const reply = (status: number, body: string, headers: Reply['headers'] = {}): Reply => ({
  status,
  headers,
  body: Buffer.from(body),
})

const codes: Readonly<Record<number, string>> = {
  400: 'invalid_input',
  413: 'invalid_input',
  422: 'invalid_input',
  404: 'upstream_unavailable',
  429: 'upstream_unavailable',
  503: 'upstream_unavailable',
  204: 'upstream_failed',
  302: 'upstream_failed',
  401: 'upstream_failed',
  500: 'upstream_failed',
  501: 'upstream_failed',
  502: 'upstream_failed',
  504: 'upstream_failed',
}

for (const [status, code] of Object.entries(codes)) {
  test(`${status} is ${code}, upstream's words in the reason only`, () => {
    const error = refusal(reply(Number(status), '{"error":"secret words"}'))
    assert.equal(error.code, code)
    assert.equal(error.facts.reason, `upstream answered ${status}: secret words`)
    assert.doesNotMatch(error.message, /secret/)
  })
}

test("words that are not in the protocol's form are quoted in part", () => {
  assert.match(refusal(reply(500, '<html>oh')).facts.reason ?? '', /<html>oh$/)
  assert.match(refusal(reply(500, '{"error":{"code":1}}')).facts.reason ?? '', /"code":1/)
  for (const body of ['x'.repeat(100_000), JSON.stringify({ error: 'x'.repeat(100_000) })]) {
    assert.ok((refusal(reply(500, body)).facts.reason?.length ?? 0) < 600)
  }
})

const retryAfter: readonly (readonly [string | undefined, number | undefined])[] = [
  ['2', 2000],
  ['0', 0],
  ['99999999', 3_600_000],
  ['-1', undefined],
  ['soon', undefined],
  ['Wed, 21 Oct 2026 07:28:00 GMT', undefined],
  [undefined, undefined],
]

for (const [header, ms] of retryAfter) {
  test(`Retry-After: ${header} is ${ms} ms`, () => {
    assert.equal(refusal(reply(503, '', { 'retry-after': header })).facts.retryAfterMs, ms)
  })
}

const timings: readonly (readonly [string | string[] | undefined, number | undefined])[] = [
  ['queue;dur=1.5, compute;dur=3', 1.5],
  ['compute;dur=3,queue;dur=2', 2],
  ['queue;desc="a";dur=7', 7],
  [['compute;dur=3', 'queue;dur=4'], 4],
  ['compute;dur=3', undefined],
  ['queue', undefined],
  ['queue, compute;dur=3', undefined],
  ['myqueue;dur=5', undefined],
  [undefined, undefined],
]

for (const [header, ms] of timings) {
  test(`Server-Timing: ${header} says ${ms} ms of queue`, () => {
    assert.equal(readQueueMs(reply(200, '', { 'server-timing': header })), ms)
  })
}
