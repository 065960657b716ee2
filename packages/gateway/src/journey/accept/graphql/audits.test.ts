import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { serverAudits } from 'graphql-http'
import { graphqlEmit } from '../../emit/graphql/graphql-emit.ts'
import { fakeCatalog, text } from './testing/fake-catalog.ts'
import { fakeDoor, serverWith } from './testing/fake-door.ts'

/** GraphQL over HTTP, as its own suite checks it against a listening server. */
describe('the audits of graphql-http', () => {
  const http = serverWith(fakeDoor({ catalog: fakeCatalog({ spam: { 1: text } }) }), graphqlEmit)
  let url = ''
  before(async () => {
    url = `${await http.listen({ port: 0, host: '127.0.0.1' })}/graphql`
  })
  after(() => http.close())

  const audits = serverAudits({ url: () => url, fetchFn: fetch })
  test('are 61', () => assert.equal(audits.length, 61))
  for (const { name, fn } of audits) {
    test(name, async () => {
      const result = await fn()
      assert.equal(result.status, 'ok', 'reason' in result ? result.reason : '')
    })
  }
})
