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

test('what it is bound to is asked for, and told', async (context) => {
  const { run, asked } = await fakeGateway(context, {
    'POST /api/v1/tokens': { body: { ...made, models: ['spam', 'chat'], unit: 'u-7' } },
  })
  const flags = ['--expires', '1h', '--model', 'spam, chat', '--unit', 'u-7', '--session', 's']
  const { notes } = await run(['tokens', 'create', ...flags])
  assert.match(notes, /^It may call models, only spam, chat, as unit u-7, until /)
  assert.deepEqual(asked[0]?.body, { expiresIn: '1h', models: ['spam', 'chat'], unit: 'u-7', session: 's' })
})
