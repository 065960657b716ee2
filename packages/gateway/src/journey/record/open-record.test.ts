import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AstraError } from '../../kernel/errors.ts'
import type { Used } from '../../kernel/limits.ts'
import { testCall, testCaller } from '../testing/fixtures.ts'
import { openRecord } from './open-record.ts'

test('a Record that cannot be kept leaves nothing reserved: what the call held is settled all the same, once', () => {
  const settled: Used[] = []
  const fault = new Error('the store was closed')
  const keep = () => {
    throw fault
  }
  const record = openRecord(testCall(), testCaller(), { elapsed: () => 0, hashUnit: (unit) => unit, keep })
  record.holds({ ended: () => assert.fail('nothing is still counted'), settle: (used) => void settled.push(used) })
  assert.throws(() => record.succeed(0), fault)
  record.fail(new AstraError('internal'))
  assert.deepEqual(
    settled.map(({ costUsd, tokens, unheard }) => [costUsd, tokens, unheard]),
    [[undefined, 0, 0]],
  )
})
