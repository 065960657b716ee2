import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { planDefaults } from '@astraapi/statistics'
import fc from 'fast-check'
import type { CatalogState, ContractState, VersionState } from '../../kernel/catalog-state.ts'
import { AstraError } from '../../kernel/errors.ts'
import { type ExperimentState, type ExperimentStatus, epochsMax, holdsTraffic } from '../../kernel/experiment.ts'
import type { ExperimentChange } from '../operations/ports.ts'
import { experimentIn, transitionTable, withExperiment } from './change-experiment.ts'
import { coverageOf, enrolledShares, holdersOf, stayingShare, weightsOf } from './held-traffic.ts'

const version: VersionState = {
  revision: 1,
  backend: 'echo',
  settings: {},
  replicas: [],
  digest: 'sha256:0',
  immutable: true,
}
const contract: ContractState = {
  task: 'custom',
  streams: false,
  revisions: [{ input: { type: 'object' }, output: { type: 'object' } }],
  examples: [],
  limits: { bodyBytesMax: 1, itemsMax: 1, timeoutMs: 1, firstByteMs: 1, idleMs: 1, inFlightMax: 1 },
  versions: { '0.9': { ...version, retired: {} }, '1.0': version, '1.1': version, '1.2': version },
  weights: { '1.0': 1 },
}
const experiment = (over: Partial<ExperimentState> = {}): ExperimentState => ({
  model: 'spam',
  major: 1,
  control: '1.0',
  candidates: ['1.1', '1.2'],
  shares: { '1.0': 2, '1.1': 1, '1.2': 1 },
  ramp: [{ coverage: 0.1, forMs: 1000 }, { coverage: 0.5, forMs: 1000 }, { coverage: 1 }],
  attributionMs: 1,
  metrics: [],
  plan: planDefaults,
  progress: { status: 'draft', since: 0, ranMs: 0, step: 0, epochs: [] },
  ...over,
})
const stateWith = (experiments: Readonly<Record<string, ExperimentState>>): CatalogState => ({
  models: { spam: { owner: 'me', defaultMajor: 1, contracts: { 1: contract } } },
  consumers: {},
  experiments,
})
const state = stateWith({ a: experiment(), b: experiment({ candidates: ['1.1'], shares: { '1.0': 1, '1.1': 1 } }) })

type Step = readonly [change: ExperimentChange, at: number, name?: string]
const run = (steps: readonly Step[], from = state) =>
  steps.reduce((before, [change, at, name = 'a']) => withExperiment(before, name, change, { by: 'key-1', at }), from)
const weights = (after: CatalogState) => after.models.spam?.contracts[1]?.weights
const progress = (after: CatalogState) => experimentIn(after, 'a').progress

const start: ExperimentChange = { action: 'start' }
const step: ExperimentChange = { action: 'step' }
const pause: ExperimentChange = { action: 'pause', reason: 'units are missing' }
const resume: ExperimentChange = { action: 'resume' }

describe('withExperiment', () => {
  it('starts: the first epoch, the first step, and the weights that follow from them', () => {
    const after = run([[start, 1000]])
    assert.deepEqual(progress(after), {
      status: 'running',
      startedAt: 1000,
      stepSince: 1000,
      since: 1000,
      ranMs: 0,
      step: 0,
      epochs: [{ number: 1, from: 1000, shares: { '1.0': 0.5, '1.1': 0.25, '1.2': 0.25 } }],
      by: 'key-1',
    })
    assert.deepEqual(weights(after), { '1.0': 95, '1.1': 2.5, '1.2': 2.5 })
  })

  it('counts running time without pauses, and forgets a reason that holds no more', () => {
    const paused = run([
      [start, 1000],
      [pause, 1600],
    ])
    const { ranMs, since, status, reason } = progress(paused)
    assert.deepEqual([ranMs, since, status, reason], [600, 1600, 'paused', 'units are missing'])
    assert.deepEqual(weights(paused), weights(run([[start, 1000]])))
    const again = progress(
      run(
        [
          [resume, 5000],
          [step, 5100],
          [{ action: 'end' }, 5500],
        ],
        paused,
      ),
    )
    assert.deepEqual([again.ranMs, again.since, again.status, again.reason], [1100, 5500, 'inconclusive', undefined])
  })

  it('does not count time that another clock takes back', () => {
    assert.equal(
      progress(
        run([
          [start, 1000],
          [pause, 900],
        ]),
      ).ranMs,
      0,
    )
  })

  it('raises coverage without a new epoch, up to the last step', () => {
    const after = run([
      [start, 0],
      [step, 1],
      [step, 2],
    ])
    assert.deepEqual([progress(after).step, progress(after).epochs.length], [2, 1])
    assert.deepEqual(weights(after), { '1.0': 50, '1.1': 25, '1.2': 25 })
    assert.throws(() => run([[step, 3]], after), { code: 'conflict', message: 'The ramp is at its last step' })
  })

  it('takes a candidate out in a new epoch; then the other one is the winner without being named', () => {
    const after = run([
      [start, 0],
      [{ action: 'reshare', shares: { '1.0': 2, '1.1': 0, '1.2': 1 } }, 7],
    ])
    assert.deepEqual(progress(after).epochs.at(-1), { number: 2, from: 7, shares: { '1.0': 2 / 3, '1.2': 1 / 3 } })
    assert.deepEqual(weights(after), { '1.0': 97.5, '1.2': 2.5 }, 'the units of 1.1 meet the control')
    const back: ExperimentChange = { action: 'reshare', shares: { '1.0': 2, '1.1': 1, '1.2': 1 } }
    assert.throws(() => run([[back, 8]], after), { code: 'invalid_input' })
    assert.throws(() => run([[{ action: 'promote', winner: '1.1' }, 8]], after), { code: 'invalid_input' })
    const promoted = run([[{ action: 'promote', reason: 'better' }, 8]], after)
    assert.deepEqual([progress(promoted).winner, progress(promoted).reason], ['1.2', 'better'])
    assert.deepEqual(weights(promoted), { '1.2': 100 })
  })

  it('lets shares follow the evidence where that is declared: of arms that are left, and in so many epochs', () => {
    const allocation = { method: 'thompson', everyMs: 1, least: 0.1 } as const
    const shared = (shares: Readonly<Record<string, number>>, at: number): Step => [{ action: 'reshare', shares }, at]
    const from = run([[start, 0]], stateWith({ a: experiment({ allocation, ramp: [{ coverage: 0.5 }] }) }))
    const after = run([shared({ '1.0': 0.1, '1.1': 0.8, '1.2': 0.1 }, 5)], from)
    assert.deepEqual(weights(after), { '1.0': 55, '1.1': 40, '1.2': 5 })
    const left = run([shared({ '1.0': 1, '1.1': 3 }, 6)], after)
    assert.deepEqual(weights(left), { '1.0': 62.5, '1.1': 37.5 }, 'its units meet the others')
    assert.throws(() => run([shared({ '1.0': 1, '1.1': 3, '1.2': 1 }, 7)], left), { code: 'invalid_input' })
    const times = Array.from({ length: epochsMax - 1 }, (_, i) => shared({ '1.0': 1, '1.1': 1 + i, '1.2': 1 }, 7 + i))
    const full = run(times, from)
    const [again, leaving] = [shared({ '1.0': 1, '1.1': 1, '1.2': 1 }, 999), shared({ '1.0': 1, '1.1': 1 }, 999)]
    assert.throws(() => run([again], full), { code: 'conflict' })
    assert.equal(progress(run([leaving], full)).epochs.length, epochsMax + 1)
  })

  it('wants the winner of several named, and no control', () => {
    for (const winner of [undefined, '1.0', '9', 'constructor']) {
      const change: ExperimentChange = { action: 'promote', ...(winner === undefined ? {} : { winner }) }
      assert.throws(
        () =>
          run([
            [start, 0],
            [change, 1],
          ]),
        { code: 'invalid_input' },
      )
    }
  })

  it('refuses shares of strangers, of the control alone, and of no number', () => {
    const wrong = [
      { '9': 1 },
      { '1.0': 1 },
      { '1.1': 1, '1.2': 1 },
      { '1.0': 1, '1.2': 3 },
      { '1.0': 1, '1.1': -1 },
      { '1.0': 1, '1.1': Number.NaN },
    ]
    for (const shares of wrong) {
      assert.throws(
        () =>
          run([
            [start, 0],
            [{ action: 'reshare', shares }, 1],
          ]),
        { code: 'invalid_input' },
      )
    }
  })

  const ends = [
    ['roll-back', 'rolled_back'],
    ['end', 'inconclusive'],
    ['stop', 'stopped'],
  ] as const
  for (const [action, status] of ends) {
    it(`gives the control everything after ${action}, and nothing can follow`, () => {
      const over = run([
        [start, 0],
        [{ action, reason: 'why' }, 1],
      ])
      assert.deepEqual([progress(over).status, progress(over).reason, weights(over)], [status, 'why', { '1.0': 100 }])
      for (const other of Object.keys(transitionTable)) {
        assert.throws(() => run([[{ action: other, shares: {} } as ExperimentChange, 2]], over), { code: 'conflict' })
      }
    })
  }

  it('says what is allowed where a change is not', () => {
    assert.throws(
      () => run([[resume, 0]]),
      (thrown) => {
        assert.ok(thrown instanceof AstraError)
        assert.equal(thrown.message, 'The experiment "a" is a draft and cannot resume now')
        assert.equal(thrown.facts.next, 'It can start.')
        return true
      },
    )
    for (const name of ['c', 'constructor', '__proto__']) {
      assert.throws(() => run([[start, 0, name]]), { code: 'unknown_experiment' })
    }
  })

  it('starts no second one on a contract, and none whose version was retired or removed', () => {
    const running = run([[start, 0]])
    assert.throws(() => run([[start, 1, 'b']], running), {
      code: 'conflict',
      message: 'The experiment "a" holds the traffic of spam@v1, and "b" cannot start beside it',
    })
    assert.equal(
      holdersOf(
        run(
          [
            [{ action: 'stop' }, 1],
            [start, 2, 'b'],
          ],
          running,
        ),
      ).get('spam@v1')?.name,
      'b',
    )
    const of = (candidate: string) => stateWith({ a: experiment({ candidates: [candidate] }) })
    assert.throws(() => run([[start, 0]], of('0.9')), { code: 'version_retired' })
    assert.throws(() => run([[start, 0]], of('9')), { code: 'unknown_version' })
  })

  const names = fc.constantFrom('a', 'b')
  const odd = fc.dictionary(fc.constantFrom('1.0', '1.1', '1.2'), fc.integer({ min: 0, max: 1_000_000 }))
  const parts = fc.oneof(odd, fc.constantFrom({ '1.0': 2, '1.1': 1 }, { '1.0': 2, '1.2': 1 }))
  const change: fc.Arbitrary<ExperimentChange> = fc.oneof(
    ...(['start', 'resume', 'step', 'roll-back', 'end', 'stop'] as const).map((action) => fc.constant({ action })),
    fc.constant(pause),
    parts.map((shares) => ({ action: 'reshare' as const, shares })),
    fc.constantFrom('1.0', '1.1', '1.2').map((winner) => ({ action: 'promote' as const, winner })),
  )
  it('keeps to what must hold, whatever is asked in whatever order', () => {
    const reached = new Set<ExperimentStatus>()
    fc.assert(
      fc.property(fc.array(fc.tuple(names, change, fc.nat(1000)), { maxLength: 40 }), (asked) => {
        let [now, at] = [state, 0]
        for (const [name, change, later] of asked) {
          at += later
          const before = now
          try {
            now = withExperiment(now, name, change, { by: 'me', at })
          } catch (thrown) {
            assert.ok(thrown instanceof AstraError && ['conflict', 'invalid_input'].includes(thrown.code))
          }
          checkInvariants(before, now, at)
        }
        for (const { progress } of Object.values(now.experiments ?? {})) reached.add(progress.status)
      }),
      { numRuns: 300 },
    )
    const every: ExperimentStatus[] = [
      'draft',
      'running',
      'paused',
      'promoted',
      'rolled_back',
      'inconclusive',
      'stopped',
    ]
    assert.deepEqual([...reached].sort(), every.sort())
  })
})

function checkInvariants(before: CatalogState, now: CatalogState, at: number): void {
  const all = Object.values(now.experiments ?? {})
  const holding = all.filter(({ progress }) => holdsTraffic.has(progress.status))
  assert.ok(holding.length <= 1)
  const sum = Object.values(weights(now) ?? {}).reduce((sum, weight) => sum + weight, 0)
  if (now !== before) assert.ok(Math.abs(sum - 100) < 1e-6, `${sum}`)
  for (const one of holding) {
    assert.deepEqual(weights(now), weightsOf(one))
    const candidates = Object.entries(weightsOf(one)).filter(([id]) => id !== one.control)
    const enrolled = Object.entries(enrolledShares(one)).filter(([id]) => id !== one.control)
    for (const [i, [id, weight]] of candidates.entries()) {
      assert.equal(id, enrolled[i]?.[0])
      assert.ok(Math.abs(weight / 100 - coverageOf(one) * stayingShare(one) * (enrolled[i]?.[1] ?? 0)) < 1e-9)
    }
  }
  for (const { progress } of all) {
    const { status, epochs, ranMs, startedAt, since, winner } = progress
    assert.deepEqual(
      epochs.map(({ number }) => number),
      epochs.map((_, i) => i + 1),
    )
    for (const { shares } of epochs) {
      assert.ok(Math.abs(Object.values(shares).reduce((sum, share) => sum + share, 0) - 1) < 1e-9)
      assert.ok(Object.values(shares).every((share) => share > 0))
    }
    assert.equal(status === 'draft', startedAt === undefined)
    assert.ok(ranMs + (status === 'running' ? at - since : 0) <= at - (startedAt ?? 0))
    assert.equal(status === 'promoted', winner !== undefined)
  }
}
