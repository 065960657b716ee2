import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limitQuestions } from './limit-questions.ts'

test('a key that asks about its calls too often waits; others do not', async () => {
  let elapsed = 0
  const admit = limitQuestions({ now: () => 0, elapsed: () => elapsed, id: () => '' })
  const caller = { keyId: 'key_1', consumer: 'demo' }
  for (let n = 0; n < 20; n++) await admit(caller)
  await assert.rejects(admit(caller), ({ code, facts }) => code === 'rate_limited' && facts.retryAfterMs === 1000)
  await admit({ ...caller, keyId: 'key_2' })
  // Tokens of one issuer share its name in place of a key's id.
  await admit({ ...caller, consumer: 'checkout' })
  elapsed = 1000
  await admit(caller)
  await assert.rejects(admit(caller), { code: 'rate_limited' })
})
