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

const contract = {
  model: 'chat',
  major: 'v1',
  mode: 'measure',
  embeddings: 'embed@v1',
  similarityMin: 0.95,
  lookups: 7,
  failures: 1,
  served: 0,
  wouldServe: 3,
  similarities: [
    { from: 0.99, calls: 0, compared: 0, equal: 0 },
    { from: 0.975, calls: 3, compared: 3, equal: 2 },
    { from: 0, calls: 1, compared: 0, equal: 0 },
  ],
}

test('cache report tells what semantic look-ups found, by similarity', async (context) => {
  const { run } = await fakeGateway(context, {
    'GET /api/v1/cache/report?model=chat': { body: { contracts: [contract] } },
    'GET /api/v1/cache/report': { body: { contracts: [] } },
  })
  assert.equal(
    (await run(['cache', 'report', 'chat'])).out,
    `chat@v1: measure by embed@v1 from 0.95 on
  7 looked up, 1 without a vector in time, 0 served, 3 would have been served
  SIMILARITY  CALLS  COMPARED  EQUAL ANSWERS
  from 0.975      3         3  2 (67 %)
  from 0          1         0  -
`,
  )
  assert.match((await run(['cache', 'report'])).notes, /cache\.semantic/)
})
