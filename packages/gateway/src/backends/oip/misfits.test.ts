import assert from 'node:assert/strict'
import { test } from 'node:test'
import { misfits } from './misfits.ts'

const tensors = { inputs: [], outputs: [] }
const chunk = {}

test('chats and completions are generated; everything else has tensors, and comes at once', () => {
  const schemas = { input: {}, output: {} }
  // Of whichever revision its schemas are.
  for (const task of ['chat', 'completion'] as const) assert.deepEqual(misfits({ ...schemas, chunk }, task), [])
  assert.deepEqual(misfits({ ...schemas, tensors }, 'custom'), [])
  assert.match(misfits({ ...schemas, tensors, chunk }, 'custom')[0]?.message ?? '', /^cannot stream/)
  assert.match(misfits(schemas, 'custom')[0]?.message ?? '', /^tells no tensors/)
})
