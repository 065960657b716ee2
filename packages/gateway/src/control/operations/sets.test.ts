import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Schema } from '../../kernel/schema/schema.ts'
import { compileSchema } from '../../kernel/schema/validator.ts'
import { noon } from './fake-catalog.ts'
import { fakePlatform } from './fake-platform.ts'

const cases = [{ input: { text: 'a' }, expected: 'spam' }, { id: 'b', input: null }, { input: [1] }]

test('a set is put, listed, read page by page and deleted', async () => {
  const { run } = await fakePlatform()
  const { output: put } = await run('putCaseSet', { name: 'data/heldout.jsonl', cases })
  const { digest, ...told } = put
  assert.match(String(digest), /^sha256:/)
  const time = new Date(noon).toISOString()
  assert.deepEqual(told, { name: 'data/heldout.jsonl', cases: 3, expected: 1, bytes: 78, time, by: 'key_admin' })
  assert.deepEqual((await run('listCaseSets', {})).output, { sets: [put] })
  const page = async (from: number) => (await run('getCaseSet', { name: 'data/heldout.jsonl', from, limit: 2 })).output
  assert.deepEqual(await page(0), {
    ...put,
    page: [
      { id: '1', input: { text: 'a' }, expected: 'spam' },
      { id: 'b', input: null },
    ],
    next: 2,
  })
  assert.deepEqual(await page(2), { ...put, page: [{ id: '3', input: [1] }] })
  assert.deepEqual(await page(9), { ...put, page: [] })
  await run('deleteCaseSet', { name: 'data/heldout.jsonl' })
  assert.deepEqual((await run('listCaseSets', {})).output, { sets: [] })
  await assert.rejects(page(0), { code: 'unknown_set' })
})

test('the audit log keeps what a set is, and none of its cases', async () => {
  const { run, operations } = await fakePlatform()
  const { output } = await run('putCaseSet', { name: 'heldout', cases })
  const audit = operations.find(({ name }) => name === 'putCaseSet')?.audit
  assert.deepEqual(audit?.({ name: 'heldout', cases } as never, output as never), output)
  assert.equal(audit?.({ name: 'heldout', cases } as never), undefined)
  assert.equal(JSON.stringify(output).includes('input'), false)
})

test('what is no name of a set, or no case, is refused by its place', async () => {
  const { operations, run } = await fakePlatform()
  const { input } = operations.find(({ name }) => name === 'putCaseSet') ?? {}
  assert.ok(input)
  const check = compileSchema(input as Schema)
  const places = (value: object) => (check(value, '') ?? []).map(({ path }) => path)
  for (const name of ['heldout', '../data/held-out.jsonl', 'a/b/c_1']) await run('putCaseSet', { name, cases })
  const message = /^\/name must be made of letters, digits, "\.", "_", "-" and "\/", as in "heldout" or /
  for (const name of ['', '/heldout', 'a//b', '..', 'a/../b', './a', 'a b']) {
    await assert.rejects(run('putCaseSet', { name, cases }), { code: 'invalid_input', message })
  }
  assert.deepEqual(places({ name: `${'x'.repeat(200)}y`, cases }), ['/name'])
  assert.deepEqual(places({ name: 'a', cases: [] }), ['/cases'])
  assert.deepEqual(places({ name: 'a', cases: [{ expected: 1 }] }), ['/cases/0/input'])
  assert.deepEqual(places({ name: 'a', cases: [{ input: 1, label: 'x' }] }), ['/cases/0/label'])
})
