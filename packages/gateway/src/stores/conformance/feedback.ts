import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NewPlace } from '../conformance.ts'
import { sampleCall, sampleFeedback, sampleId, start, withStore } from './samples.ts'

export function feedbackConformance(newPlace: NewPlace): void {
  test('feedback is accepted before its call is written, and may precede it', () =>
    withStore(newPlace, async ({ records, reports }) => {
      const early = sampleFeedback({ callId: sampleId(2), comment: 'right away' })
      records.put(sampleCall(1))
      await Promise.all([records.feedback(sampleFeedback()), records.feedback(early)])
      assert.deepEqual(await reports.feedback(sampleId(1)), [sampleFeedback()])
      assert.deepEqual(await reports.feedback(sampleId(2)), [early])
      assert.deepEqual(await reports.feedback(sampleId(3)), [])
      assert.ok(await reports.call(sampleId(1)))
    }))

  test('a value keeps its type', () =>
    withStore(newPlace, async ({ records, reports }) => {
      const values = [1, 0, -2.5, true, false, '1', 'true', '', 'null', '"ä"']
      for (const [i, value] of values.entries()) {
        await records.feedback(sampleFeedback({ metric: `m${i}`, value, time: start + i }))
      }
      const kept = await reports.feedback(sampleId(1))
      assert.deepEqual(
        kept.map(({ value }) => value),
        values,
      )
    }))

  test('the last write by time wins per call, metric and source', () =>
    withStore(newPlace, async ({ records, reports }) => {
      const at = (ms: number, value: number) => sampleFeedback({ metric: 'score', time: start + ms, value })
      await records.feedback(at(5, 1))
      await records.feedback(at(9, 2))
      await records.feedback(at(9, 4))
      await records.feedback(at(7, 3))
      const judge = { ...at(10, 5), source: 'judge' as const }
      await records.feedback(judge)
      assert.deepEqual(await reports.feedback(sampleId(1)), [at(9, 4), judge])
    }))
}
