import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AstraError } from '../../kernel/errors.ts'
import { callOptionTable, optionsFromHeaders, optionsFromObject } from './call-options.ts'

const headers = {
  'astra-unit': 'u1',
  'astra-session': 's1',
  'astra-version': '1.1',
  'astra-timeout': '2.5s',
  'astra-reference': 'order 7',
  'astra-tags': 'team=search, tier=gold',
  'cache-control': 'max-age=0, no-cache',
  'idempotency-key': 'i1',
}
const options = {
  unit: 'u1',
  session: 's1',
  version: '1.1',
  timeoutMs: 2500,
  reference: 'order 7',
  tags: { team: 'search', tier: 'gold' },
  cache: 'no-cache',
  idempotencyKey: 'i1',
}

describe('call options', () => {
  it('read the same from headers and from a structured argument', () => {
    assert.deepEqual(optionsFromHeaders(headers), options)
    assert.deepEqual(optionsFromObject(options), options)
    assert.deepEqual(Object.keys(options).sort(), Object.keys(callOptionTable).sort(), 'every option is in this test')
  })

  it('are left out by null, and by cache directives that are none of ours', () => {
    assert.deepEqual(optionsFromObject({ unit: null, cache: 'max-age=60' }), {})
    assert.deepEqual(optionsFromHeaders({ 'cache-control': 'only-if-cached' }), {})
  })

  for (const [name, value] of Object.entries({
    'astra-unit': '',
    'astra-session': 'x'.repeat(257),
    'astra-version': ['1.0', '1.1'],
    'astra-timeout': 'soon',
    'astra-reference': 'tab\there',
    'astra-tags': 'novalue',
    'idempotency-key': 'é',
  })) {
    it(`refuse a bad ${name} by its name`, () => {
      assert.throws(
        () => optionsFromHeaders({ [name]: value }),
        (error) =>
          error instanceof AstraError &&
          error.code === 'invalid_option' &&
          error.message.toLowerCase().startsWith(name),
      )
    })
  }

  it('refuse an unknown Astra header with the likely meant one, and pass over everybody else’s', () => {
    assert.throws(
      () => optionsFromHeaders({ 'astra-unti': 'u' }),
      (error) =>
        error instanceof AstraError && error.code === 'invalid_option' && /Astra-Unit/.test(error.facts.next ?? ''),
    )
    assert.deepEqual(optionsFromHeaders({ 'x-unit': 'u', 'astra-call-id': 'c' }), {})
  })

  it('bound the time limit and the tags', () => {
    for (const text of ['0ms', '61m', '-1s', '1e3s']) assert.throws(() => optionsFromHeaders({ 'astra-timeout': text }))
    assert.throws(() => optionsFromObject({ timeoutMs: Number.NaN }))
    const tags = Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`t${i}`, 'x']))
    assert.throws(() => optionsFromObject({ tags }))
  })
})
