import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakePlatform } from './fake-platform.ts'

test('the status leaves out what is not there', async () => {
  assert.deepEqual((await (await fakePlatform()).run('getStatus', {})).output, {
    version: '0.1.0',
    node: 'a',
    startedAt: '2026-11-22T12:00:00.000Z',
    catalogRevision: 7,
    catalogAgeMs: 3,
    calls: { received: 2, recorded: 1, refused: 1 },
    accounting: { waiting: 0, written: 1 },
    limits: { counters: 'memory' },
    notEvaluated: [],
    notServed: [],
    shadows: [],
  })
})
