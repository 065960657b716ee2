import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '../../kernel/clock.ts'
import { AstraError } from '../../kernel/errors.ts'
import type { StoredCatalog } from '../../kernel/store.ts'
import type { CatalogControl, ExperimentChange, TrafficChange } from '../operations/ports.ts'
import { expand, fakeBackends, type Upstream } from '../plan/testing/planning.ts'
import { createCatalogControl } from './catalog-control.ts'

const manifest = (...versions: readonly string[]) =>
  `models: {m: {owner: me, contracts: {v1: {task: regression, versions: {${versions.join(', ')}}}}}}`
const both = manifest('"1": {}', '"2": {}', '"0": {retired: {successor: "1"}}')

interface Surroundings {
  /** Throws where the store refuses. */
  readonly fail?: () => void
  readonly upstream?: Upstream
  readonly stored?: StoredCatalog
}

async function started({ fail = () => {}, upstream, stored }: Surroundings = {}) {
  const activated: number[] = []
  const unserved = new Set<string>()
  const saved: StoredCatalog[] = stored ? [stored] : []
  const logged: string[] = []
  const control = await createCatalogControl({
    store: {
      catalog: async () => saved.at(-1),
      async saveCatalog(catalog) {
        fail()
        saved.push(catalog)
      },
      keys: async () => [],
      saveKeys: async () => {},
      keyUses: async () => new Map(),
      saveKeyUses: async () => {},
      setting: async () => undefined,
      saveSetting: async () => {},
      settingOr: async (_name, value) => value,
    },
    backends: fakeBackends(upstream),
    names: {
      expand,
      known: (entry) => (entry === 'dns+http://two:1' ? ['http://10.0.0.1:1', 'http://10.0.0.2:1'] : [entry]),
    },
    activated: ({ revision }) => activated.push(revision),
    requireServed(_, { version }) {
      if (unserved.has(version)) throw new AstraError('conflict', { detail: `nobody serves ${version}` })
    },
    clock: systemClock,
    describe: () => ({ openapi: '', sdl: '' }),
    log: (message, { revision }) => logged.push(`${message} ${revision}`),
  })
  return { control, saved, logged, activated, unserved }
}

const apply = (control: CatalogControl, yaml: string, ifMatch = '*') => control.apply(yaml, undefined, [ifMatch], 'me')
const weigh = (control: CatalogControl, weights: Readonly<Record<string, number>>, ifMatch = '*') =>
  control.setTraffic('m', 1, { weights }, [ifMatch], 'me')
const splitOf = (control: CatalogControl) =>
  control
    .current()
    .model('m')
    ?.contracts.get(1)
    ?.split.map(({ version, share }) => [version.id, share])

describe('apply', () => {
  it('stores and activates, and makes no revision when nothing changes', async () => {
    const { control, saved, logged, activated } = await started()
    assert.equal((await apply(control, both)).revision, 1)
    assert.deepEqual(control.current().modelNames(), ['m'])
    assert.deepEqual(await apply(control, both), { revision: 1, changes: [], notes: [], gates: [] })
    assert.deepEqual(await apply(control, control.export()), { revision: 1, changes: [], notes: [], gates: [] })
    assert.equal(saved.length, 1)
    assert.deepEqual(logged, ['catalog activated 1'])
    assert.deepEqual(activated, [1])
  })

  it('counts an empty manifest once', async () => {
    const { control } = await started()
    assert.equal((await apply(control, '')).revision, 1)
    assert.equal((await apply(control, '')).revision, 1)
  })

  it('lets one of two that saw the same revision win', async () => {
    const { control, saved } = await started()
    const results = await Promise.allSettled([apply(control, both, '0'), apply(control, manifest('"1": {}'), '0')])
    assert.deepEqual(
      results.map((result) => (result.status === 'rejected' ? (result.reason as AstraError).code : result.status)),
      ['fulfilled', 'precondition_failed'],
    )
    assert.equal(saved.length, 1)
    assert.equal(control.current().model('m')?.contracts.get(1)?.versions.size, 3)
  })

  it('leaves everything as it was when the store refuses, and takes the next', async () => {
    const state = { down: false }
    const { control, saved } = await started({
      fail: () => {
        if (state.down) throw new AstraError('store_unavailable')
      },
    })
    await apply(control, both)
    const before = [control.current(), control.export()]
    state.down = true
    await assert.rejects(apply(control, manifest('"3": {}')), { code: 'store_unavailable' })
    await assert.rejects(weigh(control, { '1': 1 }), { code: 'store_unavailable' })
    assert.deepEqual([control.current(), control.export()], before)
    assert.equal((await control.plan(manifest('"2": {}'))).revision, 1)
    state.down = false
    assert.equal((await apply(control, manifest('"3": {}'), '1')).revision, 2)
    assert.equal(saved.length, 2)
  })

  const refusals = [
    ['invalid_manifest', 'modles: {}'],
    ['invalid_manifest', manifest('"1": {bakend: echo}')],
    ['version_changed', manifest('"1": {model: other}')],
    ['breaking_change', both.replace('regression', 'embedding')],
  ] as const
  for (const [code, yaml] of refusals) {
    it(`refuses with ${code} and the places, and applies nothing: ${yaml.slice(0, 90)}`, async () => {
      const { control, saved } = await started()
      await apply(control, both)
      await assert.rejects(apply(control, yaml), (thrown) => {
        assert.ok(thrown instanceof AstraError)
        assert.equal(thrown.code, code)
        const [violation] = thrown.facts.violations ?? []
        assert.equal(violation?.line, 1)
        assert.ok(thrown.facts.detail?.startsWith(`${violation.path}: ${violation.message}`))
        return true
      })
      assert.equal(saved.length, 1)
      const plan = await control.plan(yaml)
      assert.deepEqual([plan.valid, plan.faults[0]?.code, plan.revision], [false, code, 1])
    })
  }
})

it('gives what an older gateway stored the limits that it did not know', async () => {
  const { control, saved } = await started()
  await apply(control, both)
  const [stored] = saved
  assert.ok(stored)
  const old = structuredClone(stored)
  const limits: { firstByteMs?: number; idleMs?: number } = old.state.models.m?.contracts[1]?.limits ?? assert.fail()
  delete limits.firstByteMs
  delete limits.idleMs
  const again = await started({ stored: old })
  assert.deepEqual(again.control.current().state, stored.state)
  assert.deepEqual((await again.control.plan(both)).changes, [])
})

describe('changeExperiment', () => {
  const tested = `${both}\nexperiments: {one: {model: m, candidates: ["2"], coverage: 0.5, metrics: [errors]}}`
  const change = (control: CatalogControl, change: ExperimentChange, ifMatch = '*', actor = 'key-1') =>
    control.changeExperiment('one', change, [ifMatch], actor)

  it('carries an experiment through, each change a revision of its own', async () => {
    const { control, saved } = await started()
    await apply(control, tested)
    assert.deepEqual(splitOf(control), [['1', 1]])
    const { revision, experiment } = await change(control, { action: 'start' }, '1')
    assert.deepEqual([revision, experiment.progress.status, experiment.progress.by], [2, 'running', 'key-1'])
    assert.deepEqual(saved.at(-1)?.state.models.m?.contracts[1]?.weights, { '1': 75, '2': 25 })
    assert.equal(control.current().model('m')?.contracts.get(1)?.experiment?.name, 'one')
    assert.deepEqual((await apply(control, tested)).changes, [])
    await change(control, { action: 'promote', reason: 'better' })
    assert.deepEqual(splitOf(control), [['2', 1]])
    assert.equal((await apply(control, tested)).revision, 3)
  })

  it('does not begin by a manifest either while nobody serves an arm that stood before', async () => {
    const { control, unserved } = await started()
    await apply(control, tested)
    unserved.add('2')
    const running = tested.replace('metrics: [errors]', 'metrics: [errors], state: running')
    await assert.rejects(apply(control, running), { code: 'conflict', message: 'nobody serves 2' })
    unserved.clear()
    await apply(control, running)
    unserved.add('2')
    // It has begun, and goes on.
    assert.equal((await apply(control, running)).revision, 2)
  })

  it('leaves its weights to it', async () => {
    const { control } = await started()
    await apply(control, tested)
    await change(control, { action: 'start' })
    await assert.rejects(weigh(control, { '1': 1 }), {
      code: 'conflict',
      message: 'The experiment "one" holds the traffic of m@v1: its weights follow from it',
    })
    const fall = await control.setTraffic('m', 1, { fallback: ['1'] }, ['*'], 'me')
    assert.deepEqual([fall.weights, fall.fallback], [{ '1': 75, '2': 25 }, ['1']])
    const { notes } = await apply(control, tested.replace('versions:', 'traffic: {weights: {"1": 1}}, versions:'))
    assert.deepEqual(notes, ['experiment "one" holds the traffic of m@v1: its weights stay (1: 75 %, 2: 25 %)'])
    assert.deepEqual(splitOf(control), [
      ['1', 0.5],
      ['2', 0.5],
    ])
    await change(control, { action: 'stop' })
    assert.deepEqual((await weigh(control, { '2': 1 })).weights, { '2': 1 })
  })

  it('lets one of two that saw the same revision decide', async () => {
    const { control } = await started()
    await apply(control, tested)
    await change(control, { action: 'start' })
    const results = await Promise.allSettled([
      change(control, { action: 'promote' }, '2', 'a'),
      change(control, { action: 'roll-back' }, '2', 'b'),
    ])
    assert.deepEqual(
      results.map((result) => (result.status === 'rejected' ? (result.reason as AstraError).code : result.status)),
      ['fulfilled', 'precondition_failed'],
    )
  })

  it('refuses what cannot be, and a manifest that takes a running one away', async () => {
    const { control, saved } = await started()
    await apply(control, tested)
    await assert.rejects(change(control, { action: 'resume' }), { code: 'conflict' })
    await assert.rejects(control.changeExperiment('two', { action: 'start' }, '*', 'me'), {
      code: 'unknown_experiment',
    })
    await change(control, { action: 'start' })
    await assert.rejects(apply(control, both), { code: 'conflict' })
    assert.equal(saved.length, 2)
  })
})

describe('setTraffic', () => {
  it('moves the traffic, and keeps only weights above 0', async () => {
    const { control } = await started()
    await apply(control, both)
    assert.deepEqual(splitOf(control), [['2', 1]])
    assert.deepEqual(await weigh(control, { '2': 0, '1': 3, '0': 0 }, '1'), {
      revision: 2,
      weights: { '1': 3 },
      fallback: [],
    })
    assert.deepEqual(splitOf(control), [['1', 1]])
  })

  it('makes no revision when the shares stay', async () => {
    const { control, saved } = await started()
    await apply(control, both)
    assert.deepEqual(await weigh(control, { '2': 7 }), { revision: 1, weights: { '2': 7 }, fallback: [] })
    assert.equal(saved.length, 1)
  })

  it('keeps fallbacks and hedging, and sets the fallbacks that it is given', async () => {
    const { control, saved } = await started()
    const hedge = { afterMs: 800, share: 0.05 }
    await apply(
      control,
      both.replace('versions:', 'traffic: {fallback: ["1"], hedge: {after: 800ms, share: 0.05}}, versions:'),
    )
    const state = () => saved.at(-1)?.state.models.m?.contracts[1] ?? assert.fail()
    const set = await weigh(control, { '1': 1, '2': 3 })
    assert.deepEqual(set, { revision: 2, weights: { '1': 1, '2': 3 }, fallback: ['1'], hedge })
    assert.deepEqual([state().fallback, state().hedge], [['1'], hedge])
    const fall = (fallback: readonly string[]) =>
      control.setTraffic('m', 1, { weights: { '2': 1 }, fallback }, ['*'], 'me')
    assert.deepEqual((await fall(['2', '1', '2'])).fallback, ['2', '1'])
    assert.deepEqual(
      control
        .current()
        .model('m')
        ?.contracts.get(1)
        ?.fallback.map(({ id }) => id),
      ['2', '1'],
    )
    await fall([])
    assert.deepEqual(['fallback' in state(), state().hedge], [false, hedge])
    await assert.rejects(fall(['0']), { code: 'version_retired' })
    await assert.rejects(fall(['9']), { code: 'unknown_version' })
  })

  it('sets fallbacks and hedging by themselves, and a share of 0 ends hedging', async () => {
    const { control, saved } = await started()
    await apply(control, both)
    const set = (change: TrafficChange) => control.setTraffic('m', 1, change, ['*'], 'me')
    const hedge = { afterMs: 800, share: 0.05 }
    assert.deepEqual(await set({ fallback: ['1'] }), { revision: 2, weights: { '2': 1 }, fallback: ['1'] })
    assert.deepEqual(await set({ hedge }), { revision: 3, weights: { '2': 1 }, fallback: ['1'], hedge })
    assert.deepEqual(await set({}), { revision: 3, weights: { '2': 1 }, fallback: ['1'], hedge })
    assert.match(control.export(), /hedge:\s+after: 800ms\s+share: 0\.05/)
    const none = await set({ hedge: { ...hedge, share: 0 } })
    assert.deepEqual(none, { revision: 4, weights: { '2': 1 }, fallback: ['1'] })
    assert.equal(JSON.stringify(saved.at(-1)).includes('hedge'), false)
  })

  it('sets rules and the shadow by themselves; empty rules and a share of 0 take them away', async () => {
    const { control, saved } = await started()
    await apply(control, both)
    const set = (change: TrafficChange) => control.setTraffic('m', 1, change, ['*'], 'me')
    const weights = { '2': 1 }
    const rules = [{ version: '1', consumers: ['admin'], tags: { stage: 'beta' } }]
    const compare = { measure: 'text', tolerance: 0.2 } as const
    assert.deepEqual(await set({ rules }), { revision: 2, weights, fallback: [], rules })
    const shadow = { version: '1', share: 0.1, compare }
    assert.deepEqual(await set({ shadow }), { revision: 3, weights, fallback: [], rules, shadow })
    const more = { version: '1', share: 0.5 }
    const kept = { revision: 4, weights, fallback: [], rules, shadow: { ...more, compare } }
    assert.deepEqual(await set({ shadow: more }), kept, 'how answers are compared stays')
    assert.match(control.export(), /shadow:\s+version: "1"\s+share: 0\.5\s+compare:\s+measure: text/)
    const plain = await set({ shadow: { ...more, compare: {} } })
    assert.deepEqual(plain, { revision: 5, weights, fallback: [], rules, shadow: more })
    assert.deepEqual(await set({ rules: [] }), { revision: 6, weights, fallback: [], shadow: more })
    assert.deepEqual(await set({ shadow: { version: '1', share: 0 } }), { revision: 7, weights, fallback: [] })
    assert.equal(/rules|shadow/.test(JSON.stringify(saved.at(-1))), false)
  })

  it('refuses rules and shadows for what the manifest is refused for', async () => {
    const { control, saved } = await started()
    await apply(control, both)
    const faultsOf = async (change: TrafficChange) => {
      const refusal = await control.setTraffic('m', 1, change, ['*'], 'me').then(
        () => assert.fail('was set'),
        (thrown: AstraError) => thrown,
      )
      assert.equal(refusal.code, 'invalid_input')
      return refusal.facts.violations?.map(({ path, message }) => `${path} ${message}`)
    }
    assert.deepEqual(
      await faultsOf({
        rules: [
          { version: '9', consumers: ['admin', 'nobody'] },
          { version: '0', teams: ['nobody'] },
        ],
        shadow: { version: 'x', share: 1, compare: { tolerance: 0.1, ignore: ['score'] } },
      }),
      [
        '/rules/0/version is no version of this contract',
        '/rules/1/version was retired and takes no calls',
        '/shadow/version is no version of this contract',
        '/shadow/compare/tolerance says how far apart, but not by what measure',
        '/shadow/compare/ignore/0 must be a JSON Pointer into the output: "score"',
        '/rules/0/when/consumers/1 is no consumer of this manifest: "nobody"',
        '/rules/1/when/teams/0 is no team of this manifest: "nobody"',
      ],
    )
    assert.equal(saved.length, 1)
  })

  it('refuses what cannot be', async () => {
    const { control, saved } = await started()
    await apply(control, both)
    const refused: readonly (readonly [Readonly<Record<string, number>>, string])[] = [
      [{ '9': 1 }, 'unknown_version'],
      [{ '9': 0, '1': 1 }, 'unknown_version'],
      [{ constructor: 1 }, 'unknown_version'],
      [{ '0': 1 }, 'version_retired'],
      [{ '1': 0, '2': 0 }, 'invalid_input'],
      [{}, 'invalid_input'],
      [{ '1': -1, '2': 1 }, 'invalid_input'],
      [{ '1': Number.NaN, '2': 1 }, 'invalid_input'],
      [{ '1': Number.POSITIVE_INFINITY }, 'invalid_input'],
    ]
    for (const [weights, code] of refused) await assert.rejects(weigh(control, weights), { code })
    await assert.rejects(weigh(control, { '1': 1 }, '0'), { code: 'precondition_failed' })
    for (const name of ['n', 'constructor', '__proto__']) {
      await assert.rejects(control.setTraffic(name, 1, { weights: { '1': 1 } }, '*', 'me'), { code: 'unknown_model' })
    }
    await assert.rejects(control.setTraffic('m', 2, { weights: { '1': 1 } }, '*', 'me'), { code: 'unknown_major' })
    assert.equal(saved.length, 1)
  })
})

describe('addReplica and removeReplica', () => {
  const [a, b] = ['http://a:1', 'http://b:1'] as const
  const yaml = manifest(`"1": {replicas: ["${a}", "dns+http://two:1"]}`, '"2": {backend: echo}', '"0": {retired: {}}')
  const at = (address: string, version = '1') => ({ model: 'm', major: 1, version, address })
  const add = (control: CatalogControl, address: string, ifMatch = '*', version?: string) =>
    control.addReplica(at(address, version), [ifMatch], 'me')
  const remove = (control: CatalogControl, address: string, ifMatch = '*', version?: string) =>
    control.removeReplica(at(address, version), [ifMatch], 'me')

  it('make a revision each, and none when nothing changes; an export shows them', async () => {
    const { control, saved, activated } = await started()
    await apply(control, yaml)
    assert.deepEqual(await add(control, b, '1'), { revision: 2, replicas: [a, 'dns+http://two:1', b] })
    assert.deepEqual(await add(control, b, '2'), { revision: 2, replicas: [a, 'dns+http://two:1', b] })
    assert.ok(control.export().includes(b))
    assert.deepEqual(await remove(control, a, '2'), { revision: 3, replicas: ['dns+http://two:1', b] })
    assert.deepEqual(await remove(control, a, '3'), { revision: 3, replicas: ['dns+http://two:1', b] })
    assert.equal(saved.length, 3)
    assert.deepEqual(activated, [1, 2, 3])
    assert.deepEqual(await apply(control, control.export()), { revision: 3, changes: [], notes: [], gates: [] })
  })

  it('know an address however it is spelt', async () => {
    const { control } = await started()
    await apply(control, manifest(`"1": {replicas: ["HTTP://A:1/", "${a}", "${b}/"]}`))
    assert.deepEqual(await add(control, `${a}/`, '1'), { revision: 1, replicas: [a, b] })
    assert.deepEqual(await add(control, 'dns+http://Two:1/', '1'), {
      revision: 2,
      replicas: [a, b, 'dns+http://two:1'],
    })
    assert.deepEqual(await remove(control, 'http://A:1/', '2'), { revision: 3, replicas: [b, 'dns+http://two:1'] })
  })

  it('ask a new one first, at every address of a name', async () => {
    const asked: string[] = []
    const state = { digest: 'sha256:1' }
    const { control } = await started({
      upstream: ({ replicas }) => {
        asked.push(...replicas)
        if (replicas.includes(b)) throw new AstraError('upstream_unavailable', { reason: `${b} does not answer` })
        return { digest: replicas.includes('http://10.0.0.2:1') ? state.digest : 'sha256:1' }
      },
    })
    await apply(control, manifest(`"1": {replicas: ["${a}"]}`))
    asked.length = 0
    const refused = (detail: RegExp) => ({ code: 'conflict', message: detail })
    await assert.rejects(
      add(control, b),
      refused(/^http:\/\/b:1 was not added to m@v1 1: http:\/\/b:1 does not answer$/),
    )
    state.digest = 'sha256:2'
    await assert.rejects(add(control, 'dns+http://two:1'), refused(/serves other files than those applied/))
    assert.deepEqual(asked, [b, 'http://10.0.0.1:1', 'http://10.0.0.2:1'])
    await assert.rejects(add(control, 'dns+http://none:1'), refused(/none resolves to no address$/))
    state.digest = 'sha256:1'
    assert.equal((await add(control, 'dns+http://two:1')).revision, 2)
  })

  it('refuse what cannot be, and say what can', async () => {
    const { control, saved } = await started()
    await apply(control, yaml)
    for (const [change, code, said] of [
      [add(control, b, '0'), 'precondition_failed', /revision 1, not at 0/],
      [remove(control, a, '0'), 'precondition_failed', /revision 1, not at 0/],
      [add(control, b, '*', '9'), 'unknown_version', /no version "9"; it has/],
      [remove(control, b, '*', 'constructor'), 'unknown_version', /no version/],
      [add(control, b, '*', '0'), 'version_retired', /m@v1 0 was retired/],
      [add(control, b, '*', '2'), 'invalid_input', undefined],
      [add(control, 'b:1'), 'invalid_input', undefined],
      [add(control, 'http://169.254.169.254'), 'invalid_input', undefined],
      [remove(control, 'http://10.0.0.1:1'), 'conflict', /comes from dns\+http:\/\/two:1$/],
      [remove(control, 'embedded', '*', '2'), undefined, undefined],
    ] as const) {
      if (code === undefined) assert.equal((await change).revision, 1)
      else await assert.rejects(change, { code, ...(said ? { message: said } : {}) })
    }
    await remove(control, a)
    await assert.rejects(remove(control, 'dns+http://two:1'), {
      code: 'conflict',
      message: /is the last replica of m@v1 1/,
    })
    assert.equal(saved.length, 2)
  })
})
