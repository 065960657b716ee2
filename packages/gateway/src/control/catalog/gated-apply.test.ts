import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '../../kernel/clock.ts'
import { AstraError } from '../../kernel/errors.ts'
import type { StoredCatalog } from '../../kernel/store.ts'
import { type Candidate, createGateKeeper, type GateKeeper } from '../gates/gate-keeper.ts'
import type { GateRun } from '../gates/gate-runs.ts'
import { expand, fakeBackends } from '../plan/testing/planning.ts'
import { createCaseSets } from '../sets/case-sets.ts'
import { memorySets } from '../sets/testing/memory-sets.ts'
import { createCatalogControl } from './catalog-control.ts'

const manifest = (versions: string, gates = '[{data: heldout, require: {accuracy: {min: 0.95}}}]') =>
  `models: {m: {owner: me, contracts: {v1: {task: regression, versions: {${versions}}, gates: ${gates}}}}}`

/** A gateway whose gates are passed when `pass` says so; what is passed is kept as it is for real. */
async function started(pass: (version: string, candidate: Candidate) => Promise<void> = async () => {}) {
  const store = memorySets()
  const saved: StoredCatalog[] = []
  const asked: string[] = []
  const sets = createCaseSets({ store, clock: systemClock, catalog: () => control.current() })
  const { standing } = createGateKeeper({
    ...{ sets, store, clock: systemClock, log: () => {}, evaluations: { save: async () => {} } },
    evaluate: () => Promise.reject(new Error('not run here')),
  })
  const gates: GateKeeper = {
    standing,
    async pass(runs: readonly GateRun[], candidate) {
      for (const { key, version, result } of await standing(runs)) {
        if (result?.passed) continue
        asked.push(version)
        await pass(version, candidate)
        await store.saveGateResult({ key, time: 7, passed: true, words: 'accuracy 98 %' })
      }
    },
  }
  const control = await createCatalogControl({
    store: {
      catalog: async () => undefined,
      saveCatalog: async (catalog) => void saved.push(catalog),
      keys: async () => [],
      saveKeys: async () => {},
      keyUses: async () => new Map(),
      saveKeyUses: async () => {},
      setting: async () => undefined,
      saveSetting: async () => {},
      settingOr: async (_name, value) => value,
    },
    backends: fakeBackends(),
    names: { expand, known: (entry) => [entry] },
    clock: systemClock,
    describe: () => ({ openapi: '', sdl: '' }),
    log: () => {},
    sets,
    gates,
  })
  await sets.put('heldout', [{ input: 1, expected: 1 }], 'key_1')
  const apply = (yaml: string, ifMatch = '*', signal?: AbortSignal) =>
    control.apply(yaml, undefined, [ifMatch], 'me', signal)
  return { control, sets, saved, asked, apply }
}

const refuse = async () => {
  throw new AstraError('gate_failed')
}

describe('apply with gates', () => {
  it('deploys what passes, tells it, and asks nothing again', async () => {
    const { control, asked, apply } = await started()
    const gate = { contract: 'm@v1', version: '1', data: 'heldout', cases: 1, require: 'accuracy at least 95 %' }
    assert.deepEqual((await control.plan(manifest('"1": {}'))).gates, [gate])
    const { revision, gates } = await apply(manifest('"1": {}'))
    assert.deepEqual([revision, gates], [1, [{ ...gate, passed: { at: 7, words: 'accuracy 98 %' } }]])
    assert.deepEqual((await control.plan(manifest('"1": {}'))).gates, [])
    await apply('models: {}')
    await apply(manifest('"1": {}'))
    await apply(control.export())
    assert.deepEqual(asked, ['1'])
    assert.equal(control.current().revision, 3)
  })

  it('refuses as a whole what does not pass, and leaves what stands', async () => {
    const { control, saved, apply } = await started(async (version) => (version === '2' ? refuse() : undefined))
    await apply(manifest('"1": {}'))
    await assert.rejects(apply(manifest('"1": {}, "2": {}')), { code: 'gate_failed' })
    await assert.rejects(apply(manifest('"2": {}')), { code: 'gate_failed' })
    assert.deepEqual([control.current().revision, saved.length], [1, 1])
  })

  it('lets versions stand that are deployed, whatever a new gate asks', async () => {
    const { asked, apply } = await started(refuse)
    await apply(manifest('"1": {}', '[{data: heldout, require: {errors: {max: 0}}}]').replace(/, gates: .*?\]/, ''))
    assert.equal((await apply(manifest('"1": {}'))).revision, 2)
    assert.deepEqual(asked, [])
  })

  it('holds up no other change while gates run, and is refused where that changed what it was meant for', async () => {
    const { control, apply } = await started(async (version) => {
      if (version === '2') await control.setTraffic('m', 1, { weights: { '1': 7 } }, '*', 'other')
      if (version === '2') await control.apply('models: {}', undefined, '*', 'other')
    })
    await apply(manifest('"1": {}'))
    await assert.rejects(apply(manifest('"1": {}, "2": {}'), '1'), { code: 'precondition_failed' })
    assert.deepEqual(control.current().modelNames(), [])
  })

  it('plans anew after the gates where any revision will do', async () => {
    const { control, apply } = await started(async () => {
      await control.apply('consumers: {other: {}}', undefined, '*', 'other')
    })
    const { revision, changes } = await apply(manifest('"1": {}'))
    assert.deepEqual([revision, changes.some(({ what }) => what === 'consumer other')], [2, true])
  })

  it('is a conflict where the set was replaced meanwhile, and a fault where it was deleted', async () => {
    const replaced = await started(async () => {
      await replaced.sets.put('heldout', [{ input: 2, expected: 2 }], 'key_2')
    })
    await assert.rejects(replaced.apply(manifest('"1": {}')), { code: 'conflict', message: /heldout/ })
    const deleted = await started(() => deleted.sets.remove('heldout'))
    await assert.rejects(deleted.apply(manifest('"1": {}')), {
      code: 'invalid_manifest',
      message: /no set that is kept/,
    })
    assert.deepEqual([replaced.saved, deleted.saved], [[], []])
  })

  it('of two at once runs the gates one after the other, and the second need not run what the first passed', async () => {
    const running = { now: 0, most: 0 }
    const { asked, apply } = await started(async () => {
      running.now++
      running.most = Math.max(running.most, running.now)
      await Promise.resolve()
      running.now--
    })
    const results = await Promise.allSettled([apply(manifest('"1": {}'), '0'), apply(manifest('"1": {}'), '0')])
    assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    assert.deepEqual([asked, running.most], [['1'], 1])
  })

  it('refuses when too many wait already', async () => {
    const gate = Promise.withResolvers<void>()
    const { apply } = await started(() => gate.promise)
    const many = Array.from({ length: 6 }, () => apply(manifest('"1": {}')))
    await assert.rejects(Promise.race(many), { code: 'conflict', message: /more wait/ })
    gate.resolve()
    const ended = await Promise.allSettled(many)
    assert.equal(ended.filter(({ status }) => status === 'fulfilled').length, 5)
  })

  it('begins nothing for who left while others were before them', async () => {
    const gate = Promise.withResolvers<void>()
    const leave = new AbortController()
    const { asked, saved, apply } = await started(() => gate.promise)
    const first = apply(manifest('"1": {}'))
    const second = apply(manifest('"2": {}'), '*', leave.signal)
    leave.abort()
    gate.resolve()
    await assert.rejects(second, { code: 'cancelled' })
    await first
    assert.deepEqual([asked, saved.length], [['1'], 1])
  })

  it('changes nothing for who has left, with gates or without', async () => {
    const { saved, apply } = await started()
    await assert.rejects(apply('consumers: {other: {}}', '*', AbortSignal.abort()), { code: 'cancelled' })
    const leave = new AbortController()
    const leaving = await started(async () => leave.abort())
    await assert.rejects(leaving.apply(manifest('"1": {}'), '*', leave.signal), { code: 'cancelled' })
    assert.deepEqual([saved, leaving.saved], [[], []])
  })

  it('tries a version again against another one than it was held against', async () => {
    const compares = '[{data: heldout, require: {accuracy: {drop: 0.01}}}]'
    const { asked, apply } = await started()
    await apply(manifest('"1": {}', compares))
    await apply(manifest('"1": {}, "2": {model: b}', compares))
    await apply(manifest('"1": {}, "2": {model: b, retired: {}}', compares))
    await apply(manifest('"1": {}, "2": {model: b}', compares))
    assert.deepEqual(asked, ['1', '2'])
    await apply(manifest('"3": {model: c}', compares))
    await apply(manifest('"3": {model: c}, "2": {model: b}', compares))
    assert.deepEqual(asked, ['1', '2', '3', '2'])
  })

  it('hands on that nobody waits for it any more', async () => {
    const leave = new AbortController()
    const { saved, apply } = await started(async (_, { signal }) => {
      leave.abort()
      if (signal?.aborted) throw new AstraError('cancelled')
    })
    await assert.rejects(apply(manifest('"1": {}'), '*', leave.signal), { code: 'cancelled' })
    assert.deepEqual(saved, [])
  })
})

describe('a plan with gates', () => {
  it('is made as though files had been put, and puts none', async () => {
    const { control, sets } = await started()
    const file = { name: 'new.jsonl', digest: 'sha256:1', cases: 7, expected: 7 }
    const larger = { name: 'heldout', digest: 'sha256:2', cases: 9, expected: 9 }
    const yaml = manifest(
      '"1": {}',
      '[{data: new.jsonl, require: {errors: {max: 0}}}, {data: heldout, require: {errors: {max: 0}}}]',
    )
    const { gates, valid } = await control.plan(yaml, undefined, [file, larger])
    assert.deepEqual(
      [valid, gates.map(({ data, cases }) => [data, cases])],
      [
        true,
        [
          ['new.jsonl', 7],
          ['heldout', 9],
        ],
      ],
    )
    assert.deepEqual(
      (await sets.list()).map(({ name, cases }) => [name, cases]),
      [['heldout', 1]],
    )
  })

  it('names what a gate cannot be run on, with its line and the remedy', async () => {
    const { control, sets } = await started()
    await sets.put('blind', [{ input: 1 }], 'key_1')
    const faults = async (gate: string) =>
      (await control.plan(manifest('"1": {}', `[${gate}]`))).faults.map(({ path, message, suggestion, line }) =>
        [line, path.split('.').slice(5).join('.'), message, suggestion].join(' | '),
      )
    assert.deepEqual(await faults('{data: heldoot, require: {errors: {max: 0}}}'), [
      '1 | 0.data | is no set that is kept | Did you mean "heldout"?',
    ])
    assert.deepEqual(await faults('{data: ./new-cases.jsonl, require: {errors: {max: 0}}}'), [
      '1 | 0.data | is neither a file beside the manifest nor a set that is kept | Put it first: astraapi sets put new-cases.jsonl FILE.jsonl',
    ])
    assert.deepEqual(await faults('{data: blind, require: {accuracy: {min: 0.5}}}'), [
      '1 | 0.require.accuracy | cannot be told: no case of blind has "expected" | Add what is right to its cases, or leave it out.',
    ])
  })

  it('tells a gate that is new or changed, and none that is the same', async () => {
    const { control, apply } = await started()
    await apply(manifest('"1": {}'))
    const told = async (gates: string) =>
      (await control.plan(manifest('"1": {}', gates))).changes.map(({ what, before, after }) => [what, before, after])
    assert.deepEqual(await told('[{data: ./heldout, require: {accuracy: {min: 0.95}}}]'), [])
    assert.deepEqual(await told('[{data: heldout, cases: 9, require: {latency-p95: {max: 0.2s}}}]'), [
      [
        'gates m@v1',
        'data: heldout, require: {"accuracy":{"min":0.95}}',
        'data: heldout, cases: 9, require: {"latency-p95":{"max":"200ms"}}',
      ],
    ])
    assert.equal((await told('[{data: heldout, require: {accuracy: {min: 0.95000001}}}]')).length, 1)
  })
})
