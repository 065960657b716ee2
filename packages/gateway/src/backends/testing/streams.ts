import assert from 'node:assert/strict'
import type { BackendEvent } from '../../kernel/backend.ts'
import { AstraError } from '../../kernel/errors.ts'
import { holdError, stream } from './asking.ts'
import { type Scenario, stopMs } from './backend-harness.ts'
import { eventually } from './eventually.ts'

/** What the port promises of `stream`. */
export const streams: readonly Scenario[] = [
  {
    title: 'streams chunks in order',
    needs: ['chunks'],
    async run(harness) {
      const chunks = []
      for await (const event of stream(harness, harness.input(1))) if (event.type === 'chunk') chunks.push(event.chunk)
      assert.deepEqual(chunks, harness.chunks?.(1))
    },
  },
  {
    title: 'hands a chunk on while upstream is silent, and an abort ends the silence',
    needs: ['stall'],
    async run(harness) {
      const controller = new AbortController()
      const reason = new AstraError('cancelled')
      const events = stream(harness, harness.misbehaving.stall, { signal: controller.signal })[Symbol.asyncIterator]()
      while ((await events.next()).value?.type !== 'chunk');
      const second = events.next()
      await eventually(() => harness.running() > 0, 5000, 'upstream is silent')
      controller.abort(reason)
      await assert.rejects(second, (thrown) => thrown === reason)
      await eventually(() => harness.running() === 0, stopMs, 'upstream stops')
    },
  },
  {
    title: 'leaving early cancels upstream',
    needs: ['stall'],
    async run(harness) {
      for await (const event of stream(harness, harness.misbehaving.stall)) {
        if (event.type === 'chunk') break
      }
      await eventually(() => harness.running() === 0, stopMs, 'upstream stops')
    },
  },
  {
    title: 'a cut stream is an error after its chunks',
    needs: ['cut'],
    async run(harness) {
      const events: BackendEvent[] = []
      const reading = async () => {
        for await (const event of stream(harness, harness.misbehaving.cut))
          if (event.type === 'chunk') events.push(event)
      }
      await assert.rejects(reading, (thrown) => holdError(harness, thrown, 'upstream_failed'))
      assert.equal(events.length, 1)
    },
  },
  {
    title: 'a stream that cannot start is upstream_unavailable',
    needs: ['chunks', 'unavailable'],
    async run(harness) {
      const first = stream(harness, harness.misbehaving.unavailable)[Symbol.asyncIterator]().next()
      await assert.rejects(first, (thrown) => holdError(harness, thrown, 'upstream_unavailable'))
    },
  },
]
