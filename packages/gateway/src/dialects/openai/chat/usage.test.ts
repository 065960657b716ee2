import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readUsage } from './usage.ts'

const usage = (output: number, reasoning: number, total: number) =>
  readUsage({
    prompt_tokens: 30,
    completion_tokens: output,
    total_tokens: total,
    completion_tokens_details: { reasoning_tokens: reasoning },
  })

test('output tokens are those of reasoning, too, where upstream tells them beside (xAI) as where it tells them within', () => {
  assert.deepEqual(usage(100, 90, 130), { inputTokens: 30, outputTokens: 100, reasoningTokens: 90 })
  assert.deepEqual(usage(10, 90, 130), { inputTokens: 30, outputTokens: 100, reasoningTokens: 90 })
  assert.deepEqual(usage(100, 0, 130), { inputTokens: 30, outputTokens: 100, reasoningTokens: 0 })
})
