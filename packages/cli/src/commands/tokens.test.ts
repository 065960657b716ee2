import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeGateway } from '../fake-gateway.ts'

const made = { token: 'eyJ.eyJ.sig', expiresAt: '2026-11-22T12:15:00.000Z' }

test('a token alone goes to stdout, with what it may in a note', async (context) => {
  const { run, asked } = await fakeGateway(context, { 'POST /api/v1/tokens': { body: made } })
  const { code, out, notes } = await run(['tokens', 'create'])
  assert.deepEqual([code, out], [0, 'eyJ.eyJ.sig\n'])
  assert.equal(notes, 'It may call models, until 2026-11-22 12:15:00 UTC or the end of its key.\n')
  assert.deepEqual(asked[0]?.body, {})
  const json = await run(['tokens', 'create', '--json'])
  assert.deepEqual([JSON.parse(json.out), json.notes], [made, ''])
})

test('whose calls those by it are is told; a key for more than calls makes none, and what to do is said', async (context) => {
  const answer = (consumer: string, permissions: readonly string[]) => ({
    'POST /api/v1/tokens': { body: { ...made, key: { id: 'key_1', consumer, permissions } } },
  })
  const shop = await fakeGateway(context, answer('shop', ['infer']))
  assert.match(
    (await shop.run(['tokens', 'create'])).notes,
    /^It stands for key_1 of shop, and may call models, until /,
  )
  for (const permissions of [
    ['infer', 'read'],
    ['infer', 'read', 'operate', 'admin'],
  ]) {
    const { run } = await fakeGateway(context, answer('admin', permissions))
    for (const argv of [[], ['--json']]) {
      const { code, out, notes } = await run(['tokens', 'create', ...argv])
      assert.deepEqual([code, out], [2, ''])
      assert.match(
        notes,
        /^The key that asks, key_1 of admin, may do more .*\n.*keys create NAME .* --key-file NAME\.key\.$/m,
      )
    }
  }
})

test('what it is bound to is asked for, and told', async (context) => {
  const { run, asked } = await fakeGateway(context, {
    'POST /api/v1/tokens': { body: { ...made, models: ['spam', 'chat'], unit: 'u-7' } },
  })
  const flags = ['--expires', '1h', '--model', 'spam, chat', '--unit', 'u-7', '--session', 's']
  const { notes } = await run(['tokens', 'create', ...flags])
  assert.match(notes, /^It may call models, only spam, chat, as unit u-7, until /)
  assert.deepEqual(asked[0]?.body, { expiresIn: '1h', models: ['spam', 'chat'], unit: 'u-7', session: 's' })
})
