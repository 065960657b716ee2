import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KeptBody } from '../kept-answer.ts'
import { answerPrint } from './answer-print.ts'

const print = (body: KeptBody) => answerPrint({ version: '1.0', usage: { items: 1 }, body })
const stream = (...events: object[]): KeptBody => ({
  form: 'relayed-stream',
  bytes: Buffer.from(`${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n`),
})

test('answers that say the same are equal, whatever their ids, counts and pieces are', () => {
  const relayed = (id: string, content: string): KeptBody => ({
    form: 'relayed',
    bytes: Buffer.from(JSON.stringify({ id, choices: [{ message: { role: 'assistant', content } }] })),
  })
  const delta = (id: string, content: string) => ({ id, choices: [{ delta: { content } }] })
  const chunks = (...texts: string[]): KeptBody => ({ form: 'chunks', chunks: texts.map((text) => ({ text })) })
  const items = (...outputs: unknown[]): KeptBody => ({ form: 'items', items: outputs.map((output) => ({ output })) })
  for (const [one, same, other] of [
    [relayed('1', 'yes'), relayed('2', 'yes'), relayed('1', 'no')],
    [stream(delta('1', 'ye'), delta('1', 's')), stream(delta('2', 'yes')), stream(delta('1', 'no'))],
    [chunks('ye', 's'), chunks('y', 'es'), chunks('no')],
    [items({ label: 'a' }), items({ label: 'a' }), items({ label: 'b' })],
  ] as const) {
    assert.equal(print(one), print(same))
    assert.notEqual(print(one), print(other))
  }
})

test("upstream's bytes may be anything", () => {
  const bytes = (text: string): KeptBody => ({ form: 'relayed', bytes: Buffer.from(text) })
  assert.notEqual(print(bytes('{')), print(bytes('}')))
})
