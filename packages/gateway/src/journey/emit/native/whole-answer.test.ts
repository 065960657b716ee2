import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { WholeAnswer } from '../../../kernel/answer.ts'
import { wholeAnswerBody } from './whole-answer.ts'

const output = { text: 'ä – 漢 🎉', list: [1, null] }
const answer: WholeAnswer = {
  kind: 'whole',
  callId: 'c1',
  model: 'spam',
  major: 1,
  version: '1.0',
  cached: true,
  items: [{ output }],
  usage: { items: 1, inputTokens: 3 },
  timing: { queueMs: 0, upstreamMs: 0, totalMs: 1 },
}
const ready: WholeAnswer = { ...answer, outputJson: Buffer.from(JSON.stringify(output)) }

function bytesOf(body: ReturnType<typeof wholeAnswerBody>): string {
  return typeof body === 'string' ? body : Buffer.from(body.latin1, 'latin1').toString()
}

test('an output that is at hand as bytes makes the same body, to the byte', () => {
  assert.notEqual(typeof wholeAnswerBody(ready, false), 'string')
  assert.equal(bytesOf(wholeAnswerBody(ready, false)), wholeAnswerBody(answer, false))
})

test('to who sent a list it is told as a list all the same', () => {
  assert.equal(wholeAnswerBody(ready, true), wholeAnswerBody(answer, true))
})
