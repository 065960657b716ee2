import assert from 'node:assert/strict'
import { test } from 'node:test'
import { taskTable } from '../../kernel/tasks.ts'
import { misfits } from './misfits.ts'

const tensors = { inputs: [], outputs: [] }
const chunk = {}

test('chats and completions are generated; everything else has tensors, and comes at once', () => {
  for (const task of ['chat', 'completion'] as const) {
    const input = structuredClone(taskTable[task].input ?? {})
    assert.deepEqual(misfits({ input, output: {}, chunk }), [])
  }
  assert.deepEqual(misfits({ input: {}, output: {}, tensors }), [])
  assert.match(misfits({ input: {}, output: {}, tensors, chunk })[0]?.message ?? '', /^cannot stream/)
  assert.match(misfits({ input: {}, output: {} })[0]?.message ?? '', /^tells no tensors/)
})
