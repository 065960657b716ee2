import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakePlatform } from './fake-platform.ts'

const minutes = (count: number) => `2026-11-22T12:${String(count).padStart(2, '0')}:00.000Z`

test('a token stands for its key for a quarter of an hour, or as long as is asked for', async () => {
  const { run } = await fakePlatform()
  const { output } = await run('createToken', {}, { id: 'key_1', consumer: 'demo', permissions: ['infer'] })
  assert.deepEqual(output, {
    expiresAt: minutes(15),
    token: JSON.stringify(['key_1', { expiresAt: Date.parse(minutes(15)) }]),
    key: { id: 'key_1', consumer: 'demo', permissions: ['infer'] },
  })
  const asked = { expiresIn: '60s', models: ['spam', 'spam'], unit: 'u-1', session: 's' }
  const { token, key, ...grant } = (await run('createToken', asked, { id: 'key_1' })).output
  assert.deepEqual(grant, { expiresAt: minutes(1), models: ['spam'], unit: 'u-1', session: 's' })
})

test('it never outlives its key', async () => {
  const { run, ports } = await fakePlatform()
  const expiresAt = Date.parse(minutes(5)) + 999
  const { key } = await ports.keyring.create({ consumer: 'demo', permissions: ['infer'], expiresAt })
  assert.equal((await run('createToken', {}, key)).output.expiresAt, minutes(5))
})

test('422 for a life that is too short, too long or no duration', async () => {
  const { run } = await fakePlatform()
  for (const expiresIn of ['29s', '25h', '0s', '2w', '-1m', 'soon'])
    await assert.rejects(run('createToken', { expiresIn }), { code: 'invalid_input' }, expiresIn)
})

test('403 for a model that the key may not use, 404 for one that is not there', async () => {
  const { run } = await fakePlatform()
  const by = { models: ['spam'] }
  await assert.rejects(run('createToken', { models: ['spam', 'digits'] }, by), { code: 'model_forbidden' })
  await assert.rejects(run('createToken', { models: ['digit'] }, by), { code: 'unknown_model' })
})

test('403 when a token asks for one', async () => {
  const { operations } = await fakePlatform()
  const operation = operations.find(({ name }) => name === 'createToken')
  assert.ok(operation)
  for (const token of ['minted', 'issued'] as const) {
    const caller = {
      keyId: 'key_1',
      consumer: 'demo',
      permissions: new Set(['infer' as const]),
      models: undefined,
      token,
    }
    const asked = operation.run({} as never, { caller, ifMatch: undefined, etag() {} } as never)
    await assert.rejects(asked, { code: 'forbidden', message: 'A token cannot make tokens' })
  }
})
