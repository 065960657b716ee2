import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { planDefaults } from '@astraapi/statistics'
import type { Backend } from '../../kernel/backend.ts'
import type { StoredCatalog } from '../../kernel/store.ts'
import { withExperiment } from '../catalog/change-experiment.ts'
import { withContract } from '../catalog/deployed.ts'
import { writeManifest } from '../manifest/write-manifest.ts'
import type { ExperimentChange } from '../operations/ports.ts'
import { applied, contractOf, emptyCatalog, fakeBackends, planYaml } from './testing/planning.ts'

interface Parts {
  readonly experiments?: string
  readonly versions?: string
  readonly traffic?: string
  readonly metric?: string
  readonly more?: string
}

const three = '"1.0": {}, "1.1": {}, "1.2": {}'
const yaml = ({
  experiments = '',
  versions = '"1.0": {}, "1.1": {}',
  traffic = '',
  metric = 'boolean',
  more = '',
}: Parts) => `
models:
  m:
    owner: me
    contracts:
      v1:
        task: regression
        versions: {${versions}}
        metrics: {correct: {type: ${metric}}}
        ${traffic}
${experiments && `experiments: {${experiments}}`}
${more}`
const one = (fields = '') => `one: {model: m, candidates: ["1.1"], metrics: [correct]${fields}}`
const tested = (fields = '', more: Parts = {}) => yaml({ experiments: one(fields), ...more })

const experimentIn = ({ state }: StoredCatalog, name = 'one') => state.experiments?.[name] ?? assert.fail()
const weightsIn = (stored: StoredCatalog) => contractOf(stored).weights
const changed = (stored: StoredCatalog, ...changes: readonly ExperimentChange[]): StoredCatalog => {
  let { state } = stored
  for (const [i, change] of changes.entries()) state = withExperiment(state, 'one', change, { by: 'me', at: i + 1 })
  return { ...stored, state }
}
const faultsOf = async (text: string, stored = emptyCatalog) =>
  (await planYaml(text, stored)).faults.map(({ code, path, message, suggestion }) =>
    [code, path, message, ...(suggestion === undefined ? [] : [suggestion])].join(' | '),
  )
const notesOf = async (text: string, stored = emptyCatalog) => (await planYaml(text, stored)).notes
const start: ExperimentChange = { action: 'start' }

describe('an experiment that is declared', () => {
  it('has its defaults spelt out: the control is what serves without it, and guardrails watch it', async () => {
    const stored = await applied(tested())
    const { progress, ...rest } = experimentIn(stored)
    assert.deepEqual([progress.status, progress.epochs, progress.startedAt], ['draft', [], undefined])
    assert.deepEqual(weightsIn(stored), { '1.0': 1 })
    assert.deepEqual(rest, {
      model: 'm',
      major: 1,
      control: '1.0',
      candidates: ['1.1'],
      shares: { '1.0': 1, '1.1': 1 },
      ramp: [{ coverage: 1 }],
      attributionMs: 86_400_000,
      metrics: [
        {
          ...{ name: 'correct', kind: 'success', type: 'mean', share: true, scale: 'absolute', optimise: 'max' },
          from: { feedback: 'correct' },
        },
        {
          ...{ name: 'errors', kind: 'guardrail', type: 'mean', share: true, optimise: 'min' },
          margin: { absolute: 0.005 },
          from: { record: 'errors' },
        },
        {
          ...{ name: 'latency-p95', kind: 'guardrail', type: 'quantile', quantile: 0.95, optimise: 'min', unit: 'ms' },
          margin: { relative: 0.1 },
          from: { record: 'latency' },
        },
      ],
      plan: planDefaults,
    })
  })

  it('guards nothing twice', async () => {
    const stored = await applied(yaml({ experiments: one().replace('[correct]', '[errors]') }))
    assert.deepEqual(
      experimentIn(stored).metrics.map(({ name, kind, scale }) => [name, kind, scale]),
      [
        ['errors', 'success', 'absolute'],
        ['latency-p95', 'guardrail', undefined],
      ],
    )
  })

  it('guards the cost where every arm has a price', async () => {
    const backends = new Map(
      [...fakeBackends()].map(([name, backend]): [string, Backend] => [
        name,
        { ...backend, upstreamModel: ({ version }) => `vendor/${version}` },
      ]),
    )
    const names = async (more: string) => {
      const stored = await applied(tested('', { more }), emptyCatalog, backends)
      return experimentIn(stored).metrics.map(({ name }) => name)
    }
    const price = (version: string) => `vendor/${version}: [{from: 2026-01-01, input: 1}]`
    assert.deepEqual(await names(`prices: {${price('1.0')}, ${price('1.1')}}`), [
      'correct',
      'errors',
      'latency-p95',
      'cost',
    ])
    assert.deepEqual(await names(`prices: {${price('1.0')}}`), ['correct', 'errors', 'latency-p95'])
  })

  it('begins at once where it is declared as running', async () => {
    const running = tested(
      ', state: running, ramp: [{coverage: 0.1, for: 1h}, {coverage: 1}], shares: {"1.0": 1, "1.1": 3}',
    )
    const stored = await applied(running)
    const { status, startedAt, epochs } = experimentIn(stored).progress
    assert.deepEqual([status, typeof startedAt, epochs[0]?.shares], ['running', 'number', { '1.0': 0.25, '1.1': 0.75 }])
    assert.deepEqual(weightsIn(stored), { '1.0': 92.5, '1.1': 7.5 })
    assert.deepEqual((await planYaml(running, stored)).changes, [])
    const draft = await applied(running.replace('state: running', 'state: draft'))
    assert.deepEqual(weightsIn(await applied(running, draft)), { '1.0': 92.5, '1.1': 7.5 })
  })

  it('keeps its progress when it is applied again, also as what it was not declared to be', async () => {
    const stored = changed(await applied(tested()), start, { action: 'pause', reason: 'why' })
    for (const state of ['', ', state: running', ', state: draft']) {
      const again = await applied(tested(state), stored)
      assert.deepEqual(experimentIn(again).progress, experimentIn(stored).progress)
    }
  })

  const wrong: Readonly<Record<string, readonly [yaml: string, ...faults: string[]]>> = {
    'versions that are none or retired': [
      yaml({
        experiments: 'one: {model: m, control: "1.01", candidates: ["0.9"], metrics: [correct]}',
        versions: '"0.9": {retired: {}}, "1.0": {}, "1.1": {}',
      }),
      'invalid_manifest | experiments.one.control | is no version of m@v1: "1.01" | Did you mean "1.0"?',
      'invalid_manifest | experiments.one.candidates.0 | was retired: "0.9" of m@v1 | Take one that serves: 1.0, 1.1.',
    ],
    'no control where two serve': [
      tested('', { versions: three, traffic: 'traffic: {weights: {"1.0": 1, "1.2": 1}}' }),
      'invalid_manifest | experiments.one.control | is missing: the version that the candidates are held against (1.0 and 1.2 share the traffic of m@v1) | Write for example control: "1.0".',
    ],
    'no control where the candidate serves': [
      tested('', { traffic: 'traffic: {weights: {"1.1": 1}}' }),
      'invalid_manifest | experiments.one.control | is missing: the version that the candidates are held against (1.1 has all the traffic of m@v1) | Write for example control: "1.0".',
    ],
    'shares without the control': [
      tested(', shares: {"1.1": 1, "1.2": 1}', { versions: three, traffic: 'traffic: {weights: {"1.0": 1}}' }),
      'invalid_manifest | experiments.one.shares | must have a share for each arm; there is none for 1.0',
    ],
    'two that run on one contract': [
      yaml({ experiments: `${one(', state: running')}, ${one(', state: running').replace('one', 'two')}` }),
      'conflict | experiments.two.state | cannot run: "one" holds the traffic of m@v1 | Stop it first (astraapi experiments stop one), or leave this one a draft.',
    ],
  }
  for (const [title, [text, ...faults]] of Object.entries(wrong)) {
    it(`is refused: ${title}`, async () => assert.deepEqual(await faultsOf(text), faults))
  }
})

describe('an experiment that runs', () => {
  const running = async (fields = '', more: Parts = {}) => changed(await applied(tested(fields, more)), start)
  const stopIt = 'Stop it first (astraapi experiments stop one)'

  it('keeps what may not change, and each fault names its field', async () => {
    const stored = await running()
    const cannot = (field: string) =>
      `conflict | experiments.one.${field} | cannot change: "one" is running | ${stopIt}, and declare the new one under a name of its own.`
    const fields = ', coverage: 0.5, attribution: 2h, alpha: 0.1, cached: true, guardrails: []'
    const names = ['coverage', 'attribution', 'guardrails', 'alpha', 'cached']
    assert.deepEqual((await faultsOf(tested(fields), stored)).sort(), names.map(cannot).sort())
    assert.deepEqual(await faultsOf(tested('', { metric: 'boolean, optimise: min' }), stored), [
      'conflict | experiments.one.metrics | mean something else than when "one" began: the contract\'s own "metrics" differ | Stop it first (astraapi experiments stop one), and declare the new one under a name of its own.',
    ])
  })

  it('lets its rule, its end and its description change', async () => {
    const stored = await running()
    const free = ', rule: automatic, maximalDuration: 60d, description: longer'
    const { plan, description, progress } = experimentIn(await applied(tested(free), stored))
    assert.deepEqual([plan.rule, plan.maximalDurationMs, description], ['automatic', 60 * 86_400_000, 'longer'])
    assert.deepEqual(progress, experimentIn(stored).progress)
  })

  it('is kept: neither it nor its arms can be left out, or retired', async () => {
    const stored = await running()
    assert.deepEqual(await faultsOf(yaml({}), stored), [
      `conflict | experiments | is missing: "one" is running | ${stopIt}, or declare it as it was (astraapi export).`,
    ])
    assert.deepEqual(
      await faultsOf(tested(', control: "1.0"', { versions: '"1.0": {retired: {}}, "1.2": {}' }), stored),
      [
        `conflict | experiments.one.control | was retired: "1.0" of m@v1, and takes part while "one" is running | ${stopIt}, or keep the version.`,
        `conflict | experiments.one.candidates.0 | is no version of m@v1: "1.1", and takes part while "one" is running | ${stopIt}, or keep the version.`,
      ],
    )
  })

  it('holds the weights whatever is declared, and the plan says so', async () => {
    const stored = await running(', coverage: 0.1')
    const traffic = 'traffic: {weights: {"1.1": 1}}'
    const again = await applied(tested(', coverage: 0.1', { traffic }), stored)
    assert.deepEqual(weightsIn(again), { '1.0': 95, '1.1': 5 })
    assert.deepEqual(await notesOf(tested(', coverage: 0.1', { traffic }), stored), [
      'experiment "one" holds the traffic of m@v1: its weights stay (1.0: 95 %, 1.1: 5 %)',
    ])
  })

  it('is written as it would begin elsewhere: running, its control with all the traffic', async () => {
    const stored = await running(', coverage: 0.1')
    const fresh = await applied(writeManifest(stored.state))
    assert.match(writeManifest(stored.state), /weights:\s+"1.0": 100\n/)
    assert.deepEqual(weightsIn(fresh), { '1.0': 95, '1.1': 5 })
  })

  it('stays with its contract when another major becomes the default, and keeps it', async () => {
    const text = (...contracts: readonly string[]) =>
      `models: {m: {owner: me, contracts: {${contracts.join(', ')}}}}
experiments: {one: {model: m, candidates: ["1.1"], metrics: [errors]}}`
    const v1 = 'v1: {task: regression, versions: {"1.0": {}, "1.1": {}}}'
    const v2 = 'v2: {task: regression, versions: {"2.0": {}}}'
    const stored = changed(await applied(text(v1)), start)
    const next = await applied(text(v1, v2), stored)
    assert.deepEqual([experimentIn(next).major, next.state.models.m?.defaultMajor], [1, 2])
    assert.deepEqual(await faultsOf(text(v2), stored), [
      `conflict | experiments.one.model | is of m@v1, which is missing, while it is running | ${stopIt}, or keep the contract.`,
    ])
    const over = changed(stored, { action: 'stop' })
    assert.deepEqual(experimentIn(await applied(text(v2), over)), experimentIn(over))
  })

  it('lets no second one begin', async () => {
    const two = one(', state: running').replace('one', 'two')
    assert.deepEqual(await faultsOf(yaml({ experiments: `${one()}, ${two}` }), await running()), [
      `conflict | experiments.two.state | cannot run: "one" holds the traffic of m@v1 | ${stopIt}, or leave this one a draft.`,
    ])
  })
})

describe('a draft', () => {
  const serving = async (weights: Readonly<Record<string, number>>) => {
    const stored = await applied(yaml({}))
    const contract = { ...contractOf(stored), weights }
    return { ...stored, state: withContract(stored.state, 'm', 1, contract) }
  }
  const draft = tested(', control: "1.0"')

  it('keeps its candidates from traffic that they do not have yet', async () => {
    assert.deepEqual(weightsIn(await applied(draft)), { '1.0': 1 })
    assert.deepEqual(weightsIn(await applied(draft, await serving({ '1.0': 1 }))), { '1.0': 1 })
    assert.deepEqual(weightsIn(await applied(draft, await serving({ '1.0': 9, '1.1': 1 }))), { '1.0': 1 })
  })

  it('takes no traffic from a candidate that serves alone already', async () => {
    const first = await applied(yaml({}))
    assert.deepEqual(weightsIn(first), { '1.1': 1 })
    const second = await applied(draft, first)
    assert.deepEqual([weightsIn(second), weightsIn(await applied(draft, second))], [{ '1.1': 1 }, { '1.1': 1 }])
  })

  it('changes nothing where the platform API made it', async () => {
    const stored = await applied(draft)
    const made = { ...experimentIn(stored), origin: 'api' as const }
    const beside = { ...(await serving({ '1.1': 100 })), digests: stored.digests }
    const next = { ...beside, state: { ...beside.state, experiments: { one: made } } }
    assert.deepEqual(weightsIn(await applied(yaml({}), next)), { '1.1': 1 })
  })

  it('gives a version that lost nothing back', async () => {
    const lost = changed(await applied(tested()), start, { action: 'roll-back' })
    const two = 'two: {model: m, control: "1.1", candidates: ["1.0"], metrics: [correct]}'
    assert.deepEqual(weightsIn(await applied(yaml({ experiments: `${one()}, ${two}` }), lost)), { '1.0': 1 })
  })
})

describe('an experiment that is over', () => {
  const over = async (change: ExperimentChange, fields = '') => changed(await applied(tested(fields)), start, change)
  const promoted: ExperimentChange = { action: 'promote' }
  const rolledBack: ExperimentChange = { action: 'roll-back' }

  it('decides where calls go without weights declared: its candidate does not come back by itself', async () => {
    assert.deepEqual(weightsIn(await applied(tested(), await over(rolledBack))), { '1.0': 1 })
    assert.deepEqual(weightsIn(await applied(yaml({}), await over(rolledBack))), { '1.0': 1 })
    assert.deepEqual(weightsIn(await applied(tested(), await over(promoted))), { '1.1': 1 })
    const later = yaml({ versions: three })
    assert.deepEqual(weightsIn(await applied(later, await over(rolledBack))), { '1.2': 1 })
  })

  it('notes that weights from before a promotion undo it', async () => {
    const before = tested('', { traffic: 'traffic: {weights: {"1.0": 1}}' })
    assert.deepEqual(await notesOf(before, await over(promoted)), [
      'experiment "one" promoted 1.1, and the manifest changes the weights of m@v1 after that (1.0: 100 %): write traffic: {weights: {"1.1": 100}} to keep it',
    ])
    assert.deepEqual(await notesOf(tested(), await over(promoted)), [])
  })

  it('stays as history when it is no longer declared, is not exported, and its name stays taken', async () => {
    const stored = await over(rolledBack)
    const without = await applied(yaml({}), stored)
    assert.deepEqual(experimentIn(without), { ...experimentIn(stored), origin: 'past' })
    assert.equal(experimentIn(await applied(tested(), without)).origin, undefined)
    assert.doesNotMatch(writeManifest(without.state), /experiments/)
    const anew = await faultsOf(tested(', coverage: 0.5'), without)
    assert.deepEqual(anew, [
      'conflict | experiments.one.coverage | cannot change: "one" is over (rolled back) | Declare a new one under a name of its own.',
    ])
  })

  it('lets its versions go, and others begin', async () => {
    const stored = await over(rolledBack)
    const two = 'two: {model: m, candidates: ["1.2"], metrics: [correct], state: running}'
    const next = await applied(yaml({ experiments: `${one()}, ${two}`, versions: '"1.0": {}, "1.2": {}' }), stored)
    assert.deepEqual(weightsIn(next), { '1.0': 50, '1.2': 50 })
  })

  it('gives up its history after 200 others, and not its name', async () => {
    const stored = await over(rolledBack)
    const old = experimentIn(stored)
    const many = Object.fromEntries(
      Array.from({ length: 200 }, (_, i) => [`x-${i}`, { ...old, progress: { ...old.progress, since: 10 + i } }]),
    )
    const full = { ...stored, state: { ...stored.state, experiments: { ...many, one: old } } }
    const next = await applied(yaml({}), full)
    assert.deepEqual([Object.keys(next.state.experiments ?? {}).length, next.state.experiments?.one], [200, undefined])
    assert.deepEqual(await faultsOf(tested(), next), [
      'conflict | experiments.one | was the name of an experiment that is over | Choose another name; a manifest may leave it out.',
    ])
    assert.deepEqual(weightsIn(next), { '1.0': 1 }, 'what it found stays')
  })
})

it('notes of drafts what their start changes, and traffic that a candidate has before it', async () => {
  const text = tested(', control: "1.0"', {
    versions: three,
    traffic: 'traffic: {weights: {"1.0": 8, "1.1": 1, "1.2": 1}}',
  })
  assert.deepEqual(await notesOf(text), [
    'experiment "one" has not begun, and 1.1 of m@v1 has traffic already (1.0: 80 %, 1.1: 10 %, 1.2: 10 %)',
    'when experiment "one" starts, 1.2 of m@v1 gets no more calls: it is no arm',
  ])
})

it('notes that a start takes the published revision back', async () => {
  const contract = (fields: string, versions: string) =>
    `models: {m: {owner: me, contracts: {v1: {input: {type: object, properties: {${fields}}}, output: {type: object}, versions: {${versions}}}}}}`
  const first = await applied(contract('a: {type: string}', '"1.0": {}'))
  const both = contract('a: {type: string}, b: {type: string}', '"1.0": {}, "1.1": {}')
  const text = `${both}\nexperiments: {one: {model: m, control: "1.1", candidates: ["1.0"], metrics: [errors]}}`
  assert.deepEqual(await notesOf(text, first), [
    'when experiment "one" starts, m@v1 goes back to its revision 1: what came later is refused',
  ])
})

it('notes a shadow that has all the traffic', async () => {
  const shadow = (weights: string) =>
    yaml({ traffic: `traffic: {weights: ${weights}, shadow: {version: "1.1", share: 1}}` })
  assert.deepEqual(await notesOf(shadow('{"1.1": 1}')), [
    'm@v1: its shadow 1.1 has all the traffic, so there is nothing to compare',
  ])
  assert.deepEqual(await notesOf(shadow('{"1.0": 1}')), [])
})

it('notes what a comparison is to leave out, and no output has', async () => {
  const shadow = '{version: "1.1", share: 1, compare: {ignore: [/a, /b/*/c, /d]}}'
  const output = '{type: object, properties: {a: {}, b: {type: array, items: {type: object, properties: {c: {}}}}}}'
  const versions = '{"1.0": {}, "1.1": {}}'
  const contract = `{input: {}, output: ${output}, versions: ${versions}, traffic: {weights: {"1.0": 1}, shadow: ${shadow}}}`
  assert.deepEqual(await notesOf(`models: {m: {owner: me, contracts: {v1: ${contract}}}}`), [
    'm@v1: its shadow is compared without "/d", which no output has',
  ])
})
