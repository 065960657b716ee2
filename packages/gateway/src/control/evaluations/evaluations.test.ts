import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { AstraError } from '../../kernel/errors.ts'
import type { Evaluation, EvaluationReport, EvaluationRun } from '../../kernel/evaluation.ts'
import { fakeReport } from '../operations/fake-evaluations.ts'
import { Evaluations, type Wanted } from './evaluations.ts'
import { mails } from './testing/asked-world.ts'

const wanted = (over: Partial<Wanted> = {}): Wanted => ({
  ...{ by: 'key_1', kind: 'eval', model: 'spam', major: 1, version: '1.1', source: 's', require: {}, notes: [] },
  cases: mails(3),
  ...over,
})

function world({ kept = [] as Evaluation[], refuse = false } = {}) {
  const store = new Map(kept.map((one) => [one.id, one]))
  const runs: { run: EvaluationRun; end: (report: EvaluationReport) => void; fail: (thrown: unknown) => void }[] = []
  const faults: string[] = []
  const writing = { wait: Promise.resolve() }
  let ids = 0
  const evaluations = new Evaluations({
    clock: { now: () => 7, id: () => `id-${String(++ids).padStart(2, '0')}` },
    evaluate: (run) => {
      const { promise, resolve, reject } = Promise.withResolvers<EvaluationReport>()
      runs.push({ run, end: resolve, fail: reject })
      run.signal.addEventListener('abort', () => resolve({ ...fakeReport, partial: 'cancelled' }))
      return promise
    },
    store: {
      save: async (evaluation) => {
        if (evaluation.status === 'queued') await writing.wait
        if (refuse) throw new AstraError('store_unavailable')
        store.set(evaluation.id, evaluation)
      },
      evaluation: async (id) => store.get(id),
      list: async () => [...store.values()],
      remove: async (id) => store.delete(id),
    },
    failed: (id, reason) => faults.push(`${id} ${reason}`),
  })
  const statuses = () => [...store.values()].map(({ status }) => status)
  const settled = async () => {
    for (let i = 0; i < 5; i++) await turn()
  }
  return { evaluations, store, runs, faults, statuses, settled, writing }
}

test('one runs at a time; what has ended is kept with its report and what was required of it', async () => {
  const { evaluations, runs, store, statuses, settled } = world()
  await evaluations.create(wanted({ require: { accuracy: { min: 0.9 } } }))
  await evaluations.create(wanted())
  await settled()
  assert.deepEqual([runs.length, statuses()], [1, ['running', 'queued']])
  runs[0]?.run.progress?.({ cases: 3, done: 2, failed: 1 })
  assert.deepEqual(evaluations.progress('id-01'), { cases: 3, done: 2, failed: 1 })
  runs[0]?.end(fakeReport)
  await settled()
  assert.deepEqual([runs.length, statuses()], [2, ['done', 'running']])
  const first = store.get('id-01')
  assert.deepEqual([first?.report, first?.bounds?.[0]?.outcome], [fakeReport, 'failed'])
  assert.equal(evaluations.progress('id-01'), undefined)
  runs[1]?.end(fakeReport)
})

test('no more than ten wait, and nothing that comes to too many bytes', async () => {
  const { evaluations, settled } = world()
  for (let i = 0; i < 11; i++) await evaluations.create(wanted())
  await settled()
  await assert.rejects(evaluations.create(wanted()), { code: 'conflict', message: /10 evaluations wait/ })
  const other = world()
  const large = wanted({ cases: [{ id: '1', input: 'x'.repeat(20 * 2 ** 20) }] })
  await other.evaluations.create(large)
  await assert.rejects(other.evaluations.create(large), { code: 'conflict' })
})

test('one that runs is cancelled with what it has, one that waits never begins', async () => {
  const { evaluations, runs, statuses, settled } = world()
  await evaluations.create(wanted())
  await evaluations.create(wanted())
  await settled()
  await evaluations.cancel('id-02')
  assert.deepEqual(statuses(), ['running', 'cancelled'])
  await evaluations.cancel('id-01')
  await settled()
  assert.deepEqual([statuses(), runs.length], [['cancelled', 'cancelled'], 1])
  assert.equal((await evaluations.cancel('id-01'))?.report?.partial, 'cancelled')
  assert.equal(await evaluations.cancel('id-09'), undefined)
})

test('what could not begin says why; a fault of ours is for operators alone', async () => {
  const { evaluations, runs, store, faults, settled } = world()
  await evaluations.create(wanted())
  await evaluations.create(wanted())
  await settled()
  runs[0]?.fail(new AstraError('unknown_version', { detail: 'spam@v1 has no version "1.1"' }))
  await settled()
  runs[1]?.fail(new Error('secret'))
  await settled()
  assert.deepEqual(store.get('id-01')?.fault, { code: 'unknown_version', detail: 'spam@v1 has no version "1.1"' })
  assert.equal(store.get('id-02')?.fault?.code, 'internal')
  assert.doesNotMatch(JSON.stringify(store.get('id-02')), /secret/)
  assert.match(faults.join(), /^id-02 .*secret/)
})

test('a stop interrupts what runs and what waits, and nothing begins any more', async () => {
  const { evaluations, statuses, store, settled } = world()
  await evaluations.create(wanted())
  await evaluations.create(wanted())
  await settled()
  await evaluations.close()
  assert.deepEqual(statuses(), ['interrupted', 'interrupted'])
  assert.equal(store.get('id-01')?.report?.partial, 'cancelled')
  await assert.rejects(evaluations.create(wanted()), { code: 'stopping' })
})

test('what a gateway that was killed left behind is interrupted', async () => {
  const { cases: _, concurrency: __, ...rest } = wanted()
  const left = (id: string, status: Evaluation['status']): Evaluation => ({ ...rest, id, status, time: 1, cases: 3 })
  const kept = [left('a', 'running'), left('b', 'queued'), left('c', 'done'), left('d', 'cancelled')]
  const { evaluations, statuses } = world({ kept })
  await evaluations.prepare()
  assert.deepEqual(statuses(), ['interrupted', 'interrupted', 'done', 'cancelled'])
})

test('what cannot be kept is refused, and does not run', async () => {
  const { evaluations, runs, settled } = world({ refuse: true })
  await assert.rejects(evaluations.create(wanted()), { code: 'store_unavailable' })
  await settled()
  assert.deepEqual([runs.length, evaluations.progress('id-01')], [0, undefined])
})

test('nor does it where what ran before ends while it is written; until then it takes its place', async () => {
  const { evaluations, runs, settled, writing } = world()
  await evaluations.create(wanted())
  await settled()
  const { promise, reject } = Promise.withResolvers<void>()
  writing.wait = promise
  const all = Array.from({ length: 10 }, () => evaluations.create(wanted()))
  await assert.rejects(evaluations.create(wanted()), { code: 'conflict', message: /10 evaluations wait/ })
  runs[0]?.end(fakeReport)
  await settled()
  assert.equal(runs.length, 1)
  reject(new AstraError('store_unavailable'))
  const settledAs = (await Promise.allSettled(all)).map(({ status }) => status)
  await settled()
  assert.deepEqual([new Set(settledAs), runs.length], [new Set(['rejected']), 1])
  assert.deepEqual(evaluations.facts(), { running: 0, waiting: 0, ended: new Map([['done', 1]]) })
})

test('one that is written while the gateway stops is interrupted before the stop is over', async () => {
  const { evaluations, runs, statuses, writing } = world()
  const { promise, resolve } = Promise.withResolvers<void>()
  writing.wait = promise
  const created = evaluations.create(wanted())
  await turn()
  const closed = evaluations.close()
  resolve()
  await created
  await closed
  assert.deepEqual([statuses(), runs.length], [['interrupted'], 0])
})

test('calls are served while many cases are weighed', async () => {
  const { evaluations } = world()
  const cases = ['1', '2', '3'].map((id) => ({ id, input: 'x'.repeat(300_000) }))
  let isCreated = false
  const created = evaluations.create(wanted({ cases })).then(() => {
    isCreated = true
  })
  await turn()
  assert.equal(isCreated, false)
  await created
  await evaluations.close()
})

test('one that has ended is deleted, one that has not is to be cancelled first', async () => {
  const { evaluations, runs, store, settled } = world()
  await evaluations.create(wanted())
  await settled()
  await assert.rejects(evaluations.remove('id-01'), { code: 'conflict' })
  runs[0]?.end(fakeReport)
  await settled()
  assert.equal(await evaluations.remove('id-01'), true)
  assert.equal(await evaluations.remove('id-01'), false)
  assert.equal(store.size, 0)
})

test('reports on a set that was deleted quote nothing of it, those that are still to come among them', async () => {
  const { evaluations, runs, store, settled } = world()
  for (const set of ['held-out', 'other', 'held-out']) await evaluations.create(wanted({ set }))
  await settled()
  for (const at of [0, 1]) {
    runs[at]?.end(fakeReport)
    await settled()
  }
  await evaluations.forgetSet('held-out')
  runs[2]?.end(fakeReport)
  await settled()
  const quotes = [...store.values()].map(({ report }) => JSON.stringify(report?.disagreements).includes('input'))
  assert.deepEqual(quotes, [false, true, false])
  assert.deepEqual(store.get('id-03')?.report?.disagreements, [{ distance: 1, call: 'call-2' }])
})
