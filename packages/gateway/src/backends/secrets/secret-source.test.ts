import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { AstraError } from '../../kernel/errors.ts'
import { explain } from '../../kernel/schema/explain.ts'
import { createSecretSource, secretSchema } from './secret-source.ts'

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'astraapi-secret-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return join(folder, 'key')
}

test('reads the environment at every use, without the newline at its end', async () => {
  const env: Record<string, string> = { KEY: 'one\n' }
  const source = createSecretSource({ env })
  assert.equal((await source.read({ env: 'KEY' })).reveal(), 'one')
  env.KEY = 'two'
  assert.equal((await source.read({ env: 'KEY' })).reveal(), 'two')
  assert.equal(`${await source.read({ env: 'KEY' })}`, '***')
})

test('reads a file again when it has changed, at most every few seconds', async (t) => {
  const file = temporary(t)
  let now = 0
  const source = createSecretSource({ elapsed: () => now })
  const read = async () => (await source.read({ file })).reveal()
  writeFileSync(file, 'first\r\n')
  assert.equal(await read(), 'first')
  writeFileSync(file, 'second key\n')
  assert.equal(await read(), 'first')
  now += 5000
  assert.deepEqual(await Promise.all([read(), read()]), ['second key', 'second key'])
})

const wrong: readonly (readonly [what: string, env: Readonly<Record<string, string>>, words: RegExp])[] = [
  ['a missing variable', {}, /^The environment variable KEY is not set in the gateway's environment$/],
  ['an empty one', { KEY: '' }, /KEY is not set/],
  ['a blank one', { KEY: ' \n' }, /KEY is empty/],
  ['several lines', { KEY: 'hush\nhush' }, /KEY does not hold one line/],
  ['what fits no header', { KEY: 'hüsh' }, /KEY does not hold one line/],
]

for (const [what, env, words] of wrong) {
  test(`${what} is told by name, and never by content`, async () => {
    const source = createSecretSource({ env })
    const isTold = (code: string) => (thrown: unknown) => {
      assert.ok(thrown instanceof AstraError)
      assert.equal(thrown.code, code)
      assert.match(thrown.facts.reason ?? '', words)
      assert.doesNotMatch(JSON.stringify(thrown.facts), /h[uü]sh/)
      return true
    }
    await assert.rejects(async () => source.read({ env: 'KEY' }), isTold('upstream_unavailable'))
    await assert.rejects(source.check('apiKey', { env: 'KEY' }), isTold('invalid_manifest'))
  })
}

test('a plan says what to do about a variable, which may be set in another shell only', async () => {
  const { message, ...rest } = {
    message: "The environment variable KEY is not set in the gateway's environment",
    suggestion: 'Start the gateway with it, or name a file: apiKey: { file: … }.',
  }
  await assert.rejects(createSecretSource({ env: {} }).check('apiKey', { env: 'KEY' }), {
    code: 'invalid_manifest',
    facts: { detail: message, reason: message, violations: [{ path: 'apiKey', message, ...rest }] },
  })
})

test('a file that is not there is told, and found once it is', async (t) => {
  const file = temporary(t)
  const source = createSecretSource()
  await assert.rejects(source.check('apiKey', { file }), {
    code: 'invalid_manifest',
    message: `The file ${file} cannot be read (ENOENT)`,
  })
  writeFileSync(file, 'key')
  assert.equal((await source.read({ file })).reveal(), 'key')
})

test('a secret itself in its place is refused with advice, and not repeated', () => {
  const faults = explain(secretSchema('The key.', 'SOME_KEY'), 'sk-hush', '/apiKey')
  assert.deepEqual(faults, [
    {
      path: '/apiKey',
      message: 'must be an object, not a string',
      suggestion: 'Write for example {"env":"SOME_KEY"}.',
    },
  ])
  assert.doesNotMatch(JSON.stringify(explain(secretSchema('', 'K'), { env: 'sk-hush' }, '')), /hush/)
})
