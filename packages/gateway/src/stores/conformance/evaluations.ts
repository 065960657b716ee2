import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Evaluation, type EvaluationReport, evaluationsMax } from '../../kernel/evaluation.ts'
import type { NewPlace } from '../conformance.ts'
import { withPlace, withStore } from './samples.ts'

const id = (n: number) => `019aab00-0000-7000-8000-${String(n).padStart(12, '0')}`
const evaluation = (n: number, over: Partial<Evaluation> = {}): Evaluation => ({
  ...{ id: id(n), time: n, by: 'key_1', status: 'queued', kind: 'eval', model: 'spam', major: 1, version: '1.1' },
  ...{ source: "3 cases of o'neill", cases: 3, require: { accuracy: { min: 0.95 } }, notes: [] },
  ...over,
})
const version = { version: '1.1', digest: 'sha256:a', answered: 3, failed: {}, measures: {}, usageEstimated: false }
const report: EvaluationReport = {
  ...{ kind: 'eval', model: 'spam', major: 1, cases: 3, asked: 3, startedAt: 1, durationMs: 2 },
  ...{ differences: {}, disagreements: [], verdict: 'well', version: { ...version, unpriced: 0 } },
}

export function evaluationsConformance(newPlace: NewPlace): void {
  test('an evaluation is kept with its report, replaced by its id, and outlives the store', () =>
    withPlace(newPlace, async (place) => {
      const before = await place.open()
      await before.evaluations.save(evaluation(1))
      await before.evaluations.save(evaluation(1, { status: 'done', report }))
      await before.close()
      const { evaluations, close } = await place.open()
      assert.deepEqual(await evaluations.evaluation(id(1)), evaluation(1, { status: 'done', report }))
      assert.equal(await evaluations.evaluation(id(2)), undefined)
      assert.deepEqual(await evaluations.list({ limit: 10 }), [evaluation(1, { status: 'done' })])
      await close()
    }))

  test('one that is removed is gone, with its report', () =>
    withStore(newPlace, async ({ evaluations }) => {
      for (const n of [1, 2]) await evaluations.save(evaluation(n, { status: 'done', report }))
      assert.equal(await evaluations.remove(id(1)), true)
      assert.equal(await evaluations.remove(id(1)), false)
      assert.equal(await evaluations.evaluation(id(1)), undefined)
      assert.deepEqual(await evaluations.list({ limit: 10 }), [evaluation(2, { status: 'done' })])
    }))

  test('they are listed newest first, page by page and by model, and the latest are kept', () =>
    withStore(newPlace, async ({ evaluations }) => {
      for (let n = 1; n <= evaluationsMax + 2; n++) {
        await evaluations.save(evaluation(n, n % 2 === 0 ? {} : { model: 'digits' }))
      }
      const ids = async (filter: Parameters<typeof evaluations.list>[0]) =>
        (await evaluations.list(filter)).map((row) => Number(row.id.slice(-4)))
      const newest = evaluationsMax + 2
      assert.deepEqual(await ids({ limit: 3 }), [newest, newest - 1, newest - 2])
      assert.deepEqual(await ids({ limit: 2, before: id(newest), model: 'spam' }), [newest - 2, newest - 4])
      const all = await ids({ limit: 1000 })
      assert.equal(all.length, evaluationsMax)
      assert.equal(all.at(-1), 3)
    }))
}
