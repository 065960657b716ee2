import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Reply } from '../http/reply.ts'
import { readQueueMs, readWaiting, refusal } from './reply.ts'

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

test('who takes no key, or says where else to go, has done no work', () => {
  const unspent = Object.keys(codes).filter((status) => refusal(reply(Number(status), '')).facts.unspent)
  assert.deepEqual(unspent, ['302', '401'])
})

test("words that are not in the protocol's form are quoted in part", () => {
  assert.match(refusal(reply(500, '<html>oh')).facts.reason ?? '', /<html>oh$/)
  assert.match(refusal(reply(500, '{"error":{"code":1}}')).facts.reason ?? '', /"code":1/)
  for (const body of ['x'.repeat(100_000), JSON.stringify({ error: 'x'.repeat(100_000) })]) {
    assert.ok((refusal(reply(500, body)).facts.reason?.length ?? 0) < 600)
  }
})

const date = 'Wed, 21 Oct 2026 07:28:00 GMT'
const retryAfter: readonly (readonly [number, string | undefined, number | undefined, string?])[] = [
  [503, '2', 2000],
  [503, '0', 0],
  [503, '99999999', 3_600_000],
  [503, '-1', undefined],
  [503, 'soon', undefined],
  [503, undefined, undefined],
  [503, 'Wed, 21 Oct 2026 07:28:05 GMT', 5000],
  [503, 'Wed, 21 Oct 2026 07:27:00 GMT', 0],
  [503, 'Sat, 24 Oct 2026 07:28:00 GMT', 3_600_000],
  [503, 'Wed, 21 Oct 2026 07:28:05 GMT', undefined, 'no date'],
  [429, '2', 2000],
  [429, undefined, 1000],
  [404, '2', undefined],
  [500, '2', undefined],
]

for (const [status, header, ms, own = date] of retryAfter) {
  test(`${status} with Retry-After: ${header} is ${ms === undefined ? 'not busy' : `busy for ${ms} ms`}`, () => {
    const error = refusal(reply(status, '', { 'retry-after': header, date: own }))
    assert.equal(error.facts.retryAfterMs, ms)
  })
}

const reports: readonly (readonly [string | undefined, number | undefined])[] = [
  ['TEXT named_metrics.waiting=3', 3],
  ['TEXT application_utilization=0.5, named_metrics.waiting=12', 12],
  ['JSON {"named_metrics": {"kv": 0.5, "waiting": 7}}', 7],
  ['TEXT named_metrics.num_requests_waiting=5', undefined],
  ['TEXT named_metrics.waiting=many', undefined],
  ['BIN CAEQ', undefined],
  [undefined, undefined],
]

for (const [header, calls] of reports) {
  test(`endpoint-load-metrics: ${header} says ${calls} calls wait`, () => {
    assert.equal(readWaiting(reply(200, '', { 'endpoint-load-metrics': header })), calls)
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
  [`queue;dur=${'9'.repeat(400)}`, undefined],
  ['queue;dur=1e9', undefined],
  [undefined, undefined],
]

for (const [header, ms] of timings) {
  test(`Server-Timing: ${header} says ${ms} ms of queue`, () => {
    assert.equal(readQueueMs(reply(200, '', { 'server-timing': header })), ms)
  })
}
