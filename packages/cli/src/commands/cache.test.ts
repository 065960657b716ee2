import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeGateway } from '../fake-gateway.ts'

test('cache purge forgets what is named, and says how much that was', async (context) => {
  const { run } = await fakeGateway(context, {
    'DELETE /api/v1/cache?model=spam': { body: { purged: 3 } },
    'DELETE /api/v1/cache?model=spam&major=v1': { body: { purged: 1 } },
    'DELETE /api/v1/cache?model=spam&major=v1&version=1.1': { body: { purged: 0 } },
  })
  const said = async (...words: string[]) => (await run(['cache', 'purge', ...words])).out
  assert.equal(await said('spam'), '3 kept answers forgotten.\n')
  assert.equal(await said('spam@v1'), '1 kept answer forgotten.\n')
  assert.equal(await said('spam', '--major', 'v1', '--version', '1.1'), '0 kept answers forgotten.\n')
})

test('a version is one of a contract, which has to be named', async (context) => {
  const { run } = await fakeGateway(context, {})
  const { code, notes } = await run(['cache', 'purge', 'spam', '--version', '1.1'])
  assert.equal(code, 2)
  assert.match(notes, /spam@v1/)
})
