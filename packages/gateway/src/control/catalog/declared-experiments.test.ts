import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '../../kernel/clock.ts'
import type { StoredCatalog } from '../../kernel/store.ts'
import type { CatalogControl } from '../operations/ports.ts'
import type { DeclaredExperiment } from '../plan/declare-experiment.ts'
import { fakeBackends } from '../plan/testing/planning.ts'
import { createCatalogControl } from './catalog-control.ts'

/** Experiments made by the platform API, beside those of the manifest. */
const manifest = (fields = '', versions = '"1": {}, "2": {}, "3": {}') =>
  `models: {m: {owner: me, contracts: {v1: {task: regression, metrics: {correct: {type: boolean}}, traffic: {weights: {"1": 1}}, versions: {${versions}}}}}}\n${fields}`
const any = ['*']
const declared: DeclaredExperiment = { model: 'm', candidates: ['2'], metrics: ['correct'] }

async function deployed(yaml = manifest()) {
  let saved: StoredCatalog | undefined
  const control = await createCatalogControl({
    store: {
      catalog: async () => saved,
      saveCatalog: async (catalog) => {
        saved = JSON.parse(JSON.stringify(catalog))
      },
      keys: async () => [],
      saveKeys: async () => {},
      keyUses: async () => new Map(),
      saveKeyUses: async () => {},
      setting: async () => undefined,
      saveSetting: async () => {},
      settingOr: async (_, value) => value,
    },
    backends: fakeBackends(),
    names: { expand: async (entries) => entries, known: (entry) => [entry] },
    clock: systemClock,
    describe: () => ({ openapi: '', sdl: '' }),
    log: () => {},
  })
  await control.apply(yaml, undefined, any, 'me')
  return control
}

const create = (control: CatalogControl, over: Partial<DeclaredExperiment> = {}, name = 'one') =>
  control.createExperiment(name, { ...declared, ...over }, any, 'key-1')
const experiments = (control: CatalogControl) => control.current().state.experiments ?? {}

describe('an experiment made by the API', () => {
  it('is what the manifest would have made of it', async () => {
    const control = await deployed()
    const allocation = { method: 'thompson', every: '30m' } as const
    const { revision, experiment } = await create(control, { allocation, harmAlpha: 0.02, coverage: 0.5 })
    assert.deepEqual([revision, experiment.origin, experiment.progress.by], [2, 'api', 'key-1'])
    const other = await deployed(
      manifest(
        'experiments: {one: {model: m, candidates: ["2"], metrics: [correct], allocation: {method: thompson, every: 30m}, harmAlpha: 0.02, coverage: 0.5}}',
      ),
    )
    const { progress: _, ...same } = experiments(other).one ?? assert.fail()
    const { progress: __, origin: ___, ...made } = experiment
    assert.deepEqual(made, same)
  })

  it('is refused with the faults of the manifest, in its words, each at its place', async () => {
    const control = await deployed()
    const faults = async (over: object, name?: string) =>
      create(control, over, name).then(
        () => assert.fail('It was made'),
        ({ code, facts: { detail, violations } }) => [code, detail, violations?.length],
      )
    assert.deepEqual(await faults({ model: 'n' }), [
      'invalid_input',
      '/model: is no model or contract of this manifest: "n"',
      1,
    ])
    assert.deepEqual(await faults({ candidates: ['9'] }), [
      'invalid_input',
      '/candidates/0: is no version of m@v1: "9"',
      1,
    ])
    assert.deepEqual(await faults({ metrics: ['corect'], attribution: '1y' }), [
      'invalid_input',
      '/attribution: must be a duration such as 30m, 24h or 7d, at most 90d',
      2,
    ])
    assert.equal((await faults({ alpha: 2 }))[0], 'invalid_input')
    assert.equal(
      (await faults({}, 'One'))[1],
      '/name: must be lower-case words of letters and digits, joined by hyphens, at most 63 characters',
    )
    assert.deepEqual(Object.keys(experiments(control)), [])
    await create(control)
    assert.deepEqual(await faults({}), ['conflict', 'There is an experiment "one" already', undefined])
  })

  it('is left alone by a manifest that does not name it, and its versions have to stay while it runs', async () => {
    const control = await deployed()
    await create(control)
    const without = await control.plan(manifest())
    assert.deepEqual([without.valid, without.changes], [true, []])
    assert.deepEqual(without.notes, ['experiment "one" was made by the platform API, and stays: no manifest names it'])
    await control.changeExperiment('one', { action: 'start' }, any, 'key-1')
    assert.equal((await control.apply(manifest(), undefined, any, 'me')).changes.length, 0)
    assert.equal(experiments(control).one?.progress.status, 'running')
    const retired = await control.plan(manifest('', '"1": {}, "2": {retired: {}}, "3": {}'))
    assert.match(retired.faults[0]?.message ?? '', /^was retired: "2" of m@v1, and takes part while "one" is running/)
    await control.changeExperiment('one', { action: 'stop' }, any, 'key-1')
    assert.equal((await control.plan(manifest('', '"1": {}, "2": {retired: {}}, "3": {}'))).valid, true)
  })

  it('goes as a draft with what it was about', async () => {
    const control = await deployed()
    await create(control)
    const { changes, valid } = await control.plan(manifest('', '"1": {}, "2": {retired: {}}, "3": {}'))
    assert.deepEqual(
      [valid, changes.map(({ action, what }) => `${action} ${what}`).includes('remove experiment one')],
      [true, true],
    )
  })

  it("becomes the manifest's once one names it", async () => {
    const control = await deployed()
    await create(control)
    const { changes } = await control.apply(control.export(), undefined, any, 'me')
    assert.deepEqual(
      changes.map(({ action, what }) => `${action} ${what}`),
      ['change experiment one'],
    )
    assert.equal(experiments(control).one?.origin, undefined)
    assert.deepEqual((await control.plan(control.export())).changes, [])
    assert.deepEqual(
      (await control.plan(manifest())).changes.map(({ action }) => action),
      ['remove'],
    )
  })

  it('changes freely while it is a draft, and then what does not touch what its evidence means', async () => {
    const control = await deployed()
    await create(control, { coverage: 0.5 })
    const update = (change: Partial<DeclaredExperiment>) => control.updateExperiment('one', change, any, 'key-2')
    const ramp = [{ coverage: 0.1, for: '1h' }, { coverage: 1 }]
    const { experiment } = await update({ ramp, candidates: ['2', '3'], rule: 'automatic' })
    assert.deepEqual(
      [experiment.ramp.length, experiment.candidates, experiment.plan.rule, experiment.origin],
      [2, ['2', '3'], 'automatic', 'api'],
    )
    const again = await update({ rule: 'automatic' })
    assert.equal(again.revision, control.current().revision, 'nothing changed')
    await control.changeExperiment('one', { action: 'start' }, any, 'key-1')
    const running = await update({ rule: 'advise', maximalDuration: '7d', description: 'A look' })
    assert.deepEqual([running.experiment.plan.rule, running.experiment.progress.status], ['advise', 'running'])
    await assert.rejects(update({ alpha: 0.1 }), {
      code: 'conflict',
      message: '/alpha: cannot change: "one" is running',
    })
    await assert.rejects(control.updateExperiment('two', {}, any, 'key-2'), { code: 'unknown_experiment' })
  })

  it('is deleted unless it holds traffic; the name of one that ran is given to no other', async () => {
    const control = await deployed()
    await create(control)
    assert.equal(await control.deleteExperiment('one', any, 'key-1'), 3)
    await create(control)
    await control.changeExperiment('one', { action: 'start' }, any, 'key-1')
    await assert.rejects(control.deleteExperiment('one', any, 'key-1'), {
      code: 'conflict',
      message: 'The experiment "one" is running and cannot be deleted now',
    })
    await control.changeExperiment('one', { action: 'stop' }, any, 'key-1')
    await control.deleteExperiment('one', any, 'key-1')
    assert.deepEqual(experiments(control), {})
    await assert.rejects(create(control), { code: 'conflict' })
    await assert.rejects(control.deleteExperiment('one', any, 'key-1'), { code: 'unknown_experiment' })
  })

  it('leaves what it found when it is deleted: without weights what lost gets nothing, and what won stays', async () => {
    const weightless = manifest().replace('traffic: {weights: {"1": 1}}, ', '').replace(', "3": {}', '')
    for (const [action, serving] of [
      ['roll-back', '1'],
      ['promote', '2'],
    ] as const) {
      const control = await deployed(weightless)
      await create(control, { control: '1' })
      await control.changeExperiment('one', { action: 'start' }, any, 'key-1')
      await control.changeExperiment('one', { action }, any, 'key-1')
      await control.deleteExperiment('one', any, 'key-1')
      await control.apply(weightless, undefined, any, 'me')
      assert.deepEqual(Object.keys(control.current().state.models.m?.contracts[1]?.weights ?? {}), [serving])
    }
  })

  it('is deleted where the manifest has it only once that leaves it out', async () => {
    const experiment = (state: string) =>
      manifest(`experiments: {one: {model: m, candidates: ["2"], metrics: [correct], state: ${state}}}`)
    const refused = {
      code: 'conflict',
      message: 'The experiment "one" stands in the manifest, and cannot be deleted beside it',
    }
    const control = await deployed(experiment('draft'))
    await assert.rejects(control.deleteExperiment('one', any, 'key-1'), refused)
    await control.apply(experiment('running'), undefined, any, 'me')
    await control.changeExperiment('one', { action: 'stop' }, any, 'key-1')
    await assert.rejects(control.deleteExperiment('one', any, 'key-1'), refused)
    await control.apply(experiment('running'), undefined, any, 'me')
    await control.apply(manifest(), undefined, any, 'me')
    await control.deleteExperiment('one', any, 'key-1')
    assert.equal((await control.apply(manifest(), undefined, any, 'me')).changes.length, 0)
  })
})
