import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AstraError } from '../../../kernel/errors.ts'
import { graphqlEmit } from '../../emit/graphql/graphql-emit.ts'
import { fakeCatalog, text } from './testing/fake-catalog.ts'
import { answerOf, type FakeGateway, fakeDoor, serverWith, streamOf } from './testing/fake-door.ts'

const catalog = fakeCatalog({ spam: { 1: text } })

async function* noEvents() {}

async function reportedOf(serve: FakeGateway['serve'], query: string): Promise<readonly AstraError[]> {
  const reported: AstraError[] = []
  const door = fakeDoor({ catalog, ...(serve ? { serve } : {}) })
  const http = serverWith(door, graphqlEmit, 200_000, (fault) => reported.push(fault))
  await http.inject({ method: 'POST', url: '/graphql', payload: { query } })
  return reported
}

test('faults of the door are reported with their reason; those of a call, and of a request, are not', async () => {
  const query = '{ models { spam { v1(input: {text: "a"}) { output { label } } } } }'
  const table: readonly [serve: FakeGateway['serve'], query: string, reasons: readonly RegExp[]][] = [
    [(call) => answerOf(call, [{ label: 'neither', score: 1 }]), query, [/cannot represent value: "neither"/]],
    [(call) => streamOf(call, noEvents()), query, [/a stream came for a call that asked for none/]],
    [(call) => answerOf(call, []), query, [/no item came/]],
    [() => Promise.reject(new AstraError('internal', { reason: 'known already' })), query, []],
    [undefined, '{ nope }', []],
    [undefined, query, []],
  ]
  for (const [serve, query, reasons] of table) {
    const reported = await reportedOf(serve, query)
    assert.equal(reported.length, reasons.length, String(reasons))
    for (const [at, reason] of reasons.entries()) {
      assert.equal(reported[at]?.code, 'internal')
      assert.match(reported[at]?.facts.reason ?? '', reason)
    }
  }
})
