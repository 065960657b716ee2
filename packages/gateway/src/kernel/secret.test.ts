import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { Secret } from './secret.ts'

test('a secret shows itself only when it is revealed', () => {
  const secret = new Secret('hunter2')
  const printed = [
    `${secret}`,
    String(secret),
    JSON.stringify({ secret }),
    inspect({ nested: [secret] }, { showHidden: true, depth: 9 }),
    inspect(structuredClone({ ...secret })),
    Object.keys(secret).join(),
  ].join(' ')
  assert.equal(printed.includes('hunter2'), false, printed)
  assert.equal(`${secret} ${JSON.stringify(secret)}`, '*** "***"')
  assert.equal(secret.reveal(), 'hunter2')
})
