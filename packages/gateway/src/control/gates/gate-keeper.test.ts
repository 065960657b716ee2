import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CatalogState, Gate } from '../../kernel/catalog.ts'
import { systemClock } from '../../kernel/clock.ts'
import type { EvaluatedVersion, EvaluationReport, EvaluationRun } from '../../kernel/evaluation.ts'
import { checkBounds } from '../evaluations/bounds.ts'
import { applied, contractOf } from '../plan/testing/planning.ts'
import { createCaseSets } from '../sets/case-sets.ts'
import { memorySets } from '../sets/testing/memory-sets.ts'
import { createGateKeeper } from './gate-keeper.ts'
import { gateRuns } from './gate-runs.ts'

const accurate: Gate = { data: 'heldout', require: { accuracy: { min: 0.95, drop: 0.01 }, errors: { max: 0.1 } } }

interface World {
  readonly gates?: readonly Gate[]
  /** Versions that are deployed already. */
  readonly deployed?: string
  readonly cases?: readonly { readonly input: unknown; readonly expected?: unknown }[]
  readonly said?: (run: EvaluationRun) => Partial<EvaluationReport>
}

/** A contract whose "2" is to be deployed; accuracies are what `said` says. */
async function world({ gates = [accurate], deployed = '', cases, said = () => ({}) }: World = {}) {
  const store = memorySets()
  const asked: EvaluationRun[] = []
  const stateOf = async (versions: string, gates: readonly Gate[]): Promise<CatalogState> => {
    const stored = await applied(
      `models: {m: {owner: me, contracts: {v1: {task: regression, input: {type: object}, versions: {${versions}}}}}}`,
    )
    const contract = { ...contractOf(stored), gates }
    return { consumers: {}, models: { m: { owner: 'me', defaultMajor: 1, contracts: { '1': contract } } } }
  }
  const none: CatalogState = { models: {}, consumers: {} }
  const current = deployed === '' ? none : await stateOf(deployed, [])
  const next = await stateOf('"2": {}', gates)
  const sets = createCaseSets({
    store,
    clock: systemClock,
    catalog: () => assert.fail('only to delete is the catalog looked at'),
  })
  await sets.put(
    'heldout',
    cases ?? [
      { input: {}, expected: 1 },
      { input: { a: 1 }, expected: 2 },
    ],
    'key_1',
  )
  const runs = gateRuns(current, next, new Map((await sets.list()).map((set) => [set.name, set])))
  const keeper = createGateKeeper({
    sets,
    store,
    checkBounds,
    clock: systemClock,
    log: () => {},
    async evaluate(run) {
      asked.push(run)
      return report(run, said(run))
    },
  })
  const faultAt = (place: readonly string[], message: string, suggestion?: string) => ({
    path: place.slice(5).join('.'),
    message,
    ...(suggestion === undefined ? {} : { suggestion }),
  })
  const candidate = { next: { state: next, digests: {} }, revision: 3, faultAt }
  return { keeper, runs, sets, asked, pass: (signal?: AbortSignal) => keeper.pass(runs, { ...candidate, signal }) }
}

function evaluated(version: string, accuracy: number): EvaluatedVersion {
  const measures = { accuracy: { value: accuracy, n: 2 }, errors: { value: 0, n: 2 } }
  return { version, digest: '', answered: 2, failed: {}, measures, usageEstimated: false, unpriced: 0 }
}

function report({ model, major, version, cases }: EvaluationRun, over: Partial<EvaluationReport>): EvaluationReport {
  return {
    ...{ kind: 'eval', model, major, version: evaluated(version, 0.99), cases: cases.length, asked: cases.length },
    ...{ startedAt: 0, durationMs: 1, differences: {}, disagreements: [], verdict: '' },
    ...over,
  }
}

describe('a gate', () => {
  it('that is passed is not run again', async () => {
    const { keeper, runs, asked, pass } = await world()
    assert.deepEqual(
      (await keeper.standing(runs)).map(({ pass }) => pass),
      [undefined],
    )
    await pass()
    await pass()
    assert.equal(asked.length, 1)
    const [standing] = await keeper.standing(runs)
    assert.match(standing?.pass?.words ?? '', /accuracy 99 % is at least 95 %/)
  })

  it('asks the candidate by the catalog that would deploy it, and beside it who serves, though it would be gone', async () => {
    const { asked, pass } = await world({
      deployed: '"1": {model: old}',
      said: () => ({ against: evaluated('1', 0.99) }),
    })
    await pass()
    const [run] = asked
    assert.deepEqual([run?.version, run?.against, run?.kind], ['2', '1', 'eval'])
    assert.deepEqual([...(run?.catalog?.model('m')?.contracts.get(1)?.versions.keys() ?? [])].sort(), ['1', '2'])
    assert.equal(run?.catalog?.revision, 3)
  })

  it('that is not met is named bound by bound, with its figures and where to look, and is run again', async () => {
    const disagreements = [{ case: '17', distance: 1 }]
    const { asked, pass } = await world({
      deployed: '"1": {}',
      said: () => ({ version: evaluated('2', 0.9), against: evaluated('1', 0.97), disagreements }),
    })
    for (const times of [1, 2]) {
      await assert.rejects(pass(), ({ code, facts }) => {
        assert.equal(code, 'gate_failed')
        const [min, drop] = facts.violations
        assert.deepEqual(min, {
          path: '0.require.accuracy',
          message: '2 did not pass: accuracy 90 % is below 95 % (2 cases of heldout)',
          suggestion: 'Look at the cases that it was furthest off: 17.',
        })
        assert.match(drop.message, /accuracy 90 % is .*worse.* 97 %/)
        return true
      })
      assert.equal(asked.length, times)
    }
  })

  it('names all that were not met at once, and keeps those that were', async () => {
    const gates: readonly Gate[] = [
      { data: 'heldout', require: { errors: { max: 0 } } },
      { data: 'heldout', require: { accuracy: { min: 1 } } },
      { data: 'heldout', cases: 1, require: { accuracy: { min: 1 } } },
    ]
    const { keeper, runs, pass } = await world({ gates })
    await assert.rejects(pass(), ({ facts }) => {
      const paths = facts.violations.map(({ path }: { readonly path: string }) => path)
      assert.deepEqual(paths, ['1.require.accuracy', '2.require.accuracy'])
      return true
    })
    assert.deepEqual(
      (await keeper.standing(runs)).map(({ pass }) => pass !== undefined),
      [true, false, false],
    )
  })

  const undecided = [
    ['cancelled', /not done within 10m; 1 of 2 cases/],
    ['budget', /budget of the consumer astra-eval is used up/],
    ['limits', /limits of the consumer astra-eval/],
  ] as const
  for (const [partial, words] of undecided) {
    it(`that ended early is not passed, whatever its figures (${partial})`, async () => {
      const { keeper, runs, pass } = await world({ said: () => ({ partial, asked: 1 }) })
      await assert.rejects(pass(), { code: 'gate_failed', message: words })
      assert.equal((await keeper.standing(runs))[0]?.pass, undefined)
    })
  }

  it('ends with the gateway, or with whoever asked for it', async () => {
    const stopping = await world({ said: () => ({ partial: 'stopping' }) })
    await assert.rejects(stopping.pass(), { code: 'stopping' })
    const left = await world({ said: () => ({ partial: 'cancelled' }) })
    await assert.rejects(left.pass(AbortSignal.abort()), { code: 'cancelled' })
  })

  it('has nothing to agree with where nothing is deployed, which is no fault', async () => {
    const gates: readonly Gate[] = [{ data: 'heldout', require: { agreement: { min: 0.9 } } }]
    const { keeper, runs, pass } = await world({ gates })
    await pass()
    assert.match((await keeper.standing(runs))[0]?.pass?.words ?? '', /agreement has no other version/)
  })

  it('names a case that does not fit the contract before anybody is asked', async () => {
    const { asked, pass } = await world({
      cases: [
        { input: {}, expected: 1 },
        { input: 'text', expected: 2 },
      ],
    })
    await assert.rejects(pass(), { code: 'gate_failed', message: /its case 2 does not fit the contract/ })
    assert.equal(asked.length, 0)
  })

  it('is a conflict where its set was replaced or deleted since the plan', async () => {
    const { sets, pass } = await world()
    await sets.put('heldout', [{ input: {}, expected: 9 }], 'key_2')
    await assert.rejects(pass(), { code: 'conflict' })
  })
})
