import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { StreamEvent } from '../../kernel/answer.ts'
import type { Said } from '../../kernel/observation.ts'
import type { TaskName } from '../../kernel/tasks.ts'
import { HeardStream } from './heard-stream.ts'

const end: StreamEvent = { type: 'answer-end', usage: { items: 1 } }

async function heard(
  task: TaskName | undefined,
  ...events: readonly StreamEvent[]
): Promise<readonly (Said | undefined)[]> {
  async function* all() {
    yield* events
  }
  const told: (Said | undefined)[] = []
  for await (const _ of new HeardStream(all(), task, (said) => told.push(said)));
  return told
}

describe('a stream that says nothing', () => {
  it('is an empty text where its chunks carry words, and an answer like any other', async () => {
    for (const task of ['chat', 'completion'] as const) {
      assert.deepEqual(await heard(task, end), [{ form: 'text', text: '' }])
      assert.deepEqual(await heard(task, { type: 'chunk', chunk: { finishReason: 'stop' } }, end), [
        { form: 'text', text: '' },
      ])
    }
  })

  it('is no text where it is not known that its chunks would carry words, or where it did not end well', async () => {
    for (const task of ['custom', undefined] as const) {
      assert.deepEqual(await heard(task, { type: 'chunk', chunk: { score: 1 } }, end), [{ form: 'none', why: 'form' }])
    }
    assert.deepEqual(await heard('chat'), [undefined])
  })
})
