import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ContractLimits } from '../../kernel/catalog-state.ts'
import type { TaskName } from '../../kernel/tasks.ts'
import { holdOutput } from './hold-output.ts'

const contract = (task: TaskName, outputTokensMax?: number) => ({
  task,
  limits: (outputTokensMax === undefined ? {} : { outputTokensMax }) as ContractLimits,
})
const inputs = [{ prompt: 'a' }, { prompt: 'b', outputTokensMax: 5 }, { prompt: 'c', outputTokensMax: 500 }]

test('each input asks for no more than its contract lets an answer have', () => {
  for (const task of ['chat', 'completion'] as const) {
    assert.deepEqual(holdOutput(inputs, contract(task, 100)), [
      { prompt: 'a', outputTokensMax: 100 },
      { prompt: 'b', outputTokensMax: 5 },
      { prompt: 'c', outputTokensMax: 100 },
    ])
  }
})

test('inputs stay the same objects where nothing bounds them, or they have no such member', () => {
  assert.equal(holdOutput(inputs, contract('chat')), inputs)
  assert.equal(holdOutput(inputs, contract('custom', 100)), inputs)
})
