import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal } from './failures.ts'

const said = (problem: object) => refusal({ code: 'c', detail: 'D', ...problem }).message

test('advice of the REST door is told as commands', () => {
  for (const [next, told] of [
    ['See GET /api/v1/deployments for the models.', 'See "astraapi models" for the models.'],
    ['See GET /api/v1/calls for the calls.', 'See "astraapi calls" for the calls.'],
    ['See GET /api/v1/keys for the keys.', 'See "astraapi keys list" for the keys.'],
    ['Leave out "Accept: text/event-stream".', 'Leave out --stream.'],
    ['Correct the places that are named.', 'Correct the places that are named.'],
  ]) {
    assert.equal(said({ next }), `D (c)\n${told}`)
  }
})

test('places that were flags are told as flags; others, and those in files, are not', () => {
  const places = (path: string) => [{ path, message: 'is wrong.' }]
  for (const [path, told] of [
    ['/by/0', '--by'],
    ['/since', '--since'],
    ['/permissions/1', '--permission'],
    ['/overlap', '--overlap'],
    ['/expiresAt', '--expires'],
    ['/limits/requests', '--requests'],
    ['/limits/tokens/rate', '--tokens'],
    ['/limits/budget/day', '--budget-day'],
    ['/addresses/0', '--address'],
    ['/beforeId', '--before-id'],
    ['/metrics', '--metric'],
    ['/shares/1.0', '--share'],
    ['/harmAlpha', '--harm-alpha'],
    ['/allocation/least', '--least'],
    ['/allocation/method', '--allocation'],
    ['/replay/since', '--since'],
    ['/replay/version', '--from-version'],
    ['/require/latency-p95/max', '--require latency-p95'],
    ['/sample', '--cases'],
    ['/input/text', '/input/text'],
    ['', '/'],
  ] as const) {
    assert.equal(said({ errors: places(path) }), `D (c)\n  ${told}: is wrong.`)
  }
  const errors = places('/by/0')
  assert.equal(said({ detail: 'Not fit: /by/0 is wrong.', errors }), 'Not fit: --by is wrong. (c)')
  assert.equal(said({ violations: places('/models') }), 'D (c)\n  /models: is wrong.')
})

test('one place is told once, by its flag, and no advice says to mend what is named', () => {
  const message = 'must be a duration like 1m, 1h or 1d'
  const next = 'Correct the places that are named.'
  for (const detail of [`overlap ${message}`, `/overlap ${message}`]) {
    assert.equal(said({ detail, next, errors: [{ path: '/overlap', message }] }), `--overlap ${message} (c)`)
  }
  const suggestion = 'Write 1h.'
  const errors = [{ path: '/overlap', message, suggestion }]
  assert.equal(said({ detail: `overlap ${message}`, errors }), `--overlap ${message} (c)\n  --overlap: Write 1h.`)
})

test('when to try again is told by the clock, not by a header that nobody sees', () => {
  const next = 'Repeat after the time in Retry-After.'
  assert.equal(said({ next, retryAfterMs: 116_400 }), 'D (c)\nTry again in 117 s.')
  assert.equal(said({ next }), `D (c)\n${next}`)
})
