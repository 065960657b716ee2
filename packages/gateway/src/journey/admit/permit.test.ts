import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callerOf, type Permission } from '../../kernel/caller.ts'
import { requirePermission } from './permit.ts'

const may = (permission: Permission, wanted: Permission | readonly Permission[]) =>
  requirePermission(callerOf({ id: 'key_1', consumer: 'demo', permissions: [permission], createdAt: 0 }), wanted)

test('of several permissions any one is enough, and the refusal names them all', () => {
  may('infer', ['infer', 'read'])
  may('operate', ['infer', 'read'])
  assert.throws(() => may('infer', ['read', 'operate']), {
    code: 'forbidden',
    message: 'This key lacks the permission "read" or "operate"',
  })
  assert.throws(() => may('read', 'infer'), { message: 'This key lacks the permission "infer"' })
})

test('a token is not called a key', () => {
  const caller = { ...callerOf({ id: 'a', consumer: 'demo', permissions: [], createdAt: 0 }), token: 'issued' } as const
  assert.throws(() => requirePermission(caller, 'infer'), { message: 'This token lacks the permission "infer"' })
})
