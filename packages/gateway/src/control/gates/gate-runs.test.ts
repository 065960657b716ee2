import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CaseSet } from '../../kernel/case-set.ts'
import type { CatalogState } from '../../kernel/catalog-state.ts'
import { systemClock } from '../../kernel/clock.ts'
import type { Gate } from '../../kernel/contract-policies.ts'
import { buildCatalog } from '../catalog/build-catalog.ts'
import { readManifest } from '../manifest/read-manifest.ts'
import { applied, contractOf } from '../plan/testing/planning.ts'
import { gateRuns, mayHaveGates } from './gate-runs.ts'

const set: CaseSet = { name: 'heldout', digest: 'sha256:1', cases: 3, expected: 3, bytes: 9, time: 0, by: 'key_1' }
const sets = new Map([['heldout', set]])
const empty: CatalogState = { models: {}, consumers: {} }
const plain: Gate = { data: 'heldout', require: { accuracy: { min: 0.9 } } }
const comparing: Gate = { data: 'heldout', require: { accuracy: { drop: 0.01 } } }

const yaml = (versions: string) =>
  `models: {m: {owner: me, contracts: {v1: {task: regression, versions: {${versions}}}}}}`

async function stateOf(versions: string, gates: readonly Gate[] = [], weights?: Readonly<Record<string, number>>) {
  const stored = await applied(yaml(versions))
  const contract = { ...contractOf(stored), gates, ...(weights ? { weights } : {}) }
  return { ...stored.state, models: { m: { owner: 'me', defaultMajor: 1, contracts: { '1': contract } } } }
}

const catalogOf = (state: CatalogState) => buildCatalog({ revision: 1, time: 0, state, digests: {} }, systemClock)

const versionsOf = (current: CatalogState, next: CatalogState) =>
  gateRuns(catalogOf(current), next, sets).map(({ version, index }) => `${version}/${index}`)

describe('gates are run', () => {
  it('for live versions that are not deployed', async () => {
    const next = await stateOf('"1": {}, "2": {}, "0": {retired: {}}', [plain, comparing])
    assert.deepEqual(versionsOf(empty, next), ['1/0', '1/1', '2/0', '2/1'])
    assert.deepEqual(versionsOf(await stateOf('"1": {}'), next), ['2/0', '2/1'])
    assert.deepEqual(versionsOf(await stateOf('"1": {}, "2": {retired: {}}'), next), ['2/0', '2/1'])
    assert.deepEqual(versionsOf(next, next), [])
    assert.deepEqual(versionsOf(next, await stateOf('"1": {}, "2": {}', [])), [])
  })

  it('beside the version with most traffic, where they compare', async () => {
    const current = await stateOf('"1": {}, "2": {}', [], { '1': 10, '2': 90 })
    const next = await stateOf('"3": {}', [plain, comparing])
    const [alone, beside] = gateRuns(catalogOf(current), next, sets)
    assert.deepEqual([alone?.incumbent, beside?.incumbent?.id], [undefined, '2'])
    assert.equal(gateRuns(catalogOf(empty), next, sets)[1]?.incumbent, undefined)
  })

  it('again where anything that they are about differs, and not where only names do', async () => {
    const key = async (versions: string, gate: Gate, over: Partial<CaseSet> = {}, current = empty) =>
      gateRuns(catalogOf(current), await stateOf(versions, [gate]), new Map([[gate.data, { ...set, ...over }]]))[0]?.key
    const known = await key('"1": {model: a}', plain)
    assert.equal(await key('"1": {model: a}', { ...plain, data: 'copy' }, { time: 9 }), known)
    const others = await Promise.all([
      key('"1": {model: b}', plain),
      key('"1": {model: a}', { ...plain, cases: 2 }),
      key('"1": {model: a}', { ...plain, require: { accuracy: { min: 0.91 } } }),
      key('"1": {model: a}', plain, { digest: 'sha256:2' }),
      key('"1": {model: a}', comparing),
      key('"1": {model: a}', comparing, {}, await stateOf('"0": {}')),
      key('"1": {model: a}', comparing, {}, await stateOf('"0": {model: better}')),
    ])
    assert.equal(new Set([known, ...others]).size, 8)
  })

  it('only for manifests that declare them for something new, which is told without asking anybody', async () => {
    const gated = `models: {m: {owner: me, contracts: {v1: {task: regression, versions: {"1": {}},
      gates: [{data: heldout, require: {errors: {max: 0}}}]}}}}`
    const read = readManifest(gated)
    assert.ok('manifest' in read)
    assert.equal(mayHaveGates(read.manifest, empty), true)
    assert.equal(mayHaveGates(read.manifest, await stateOf('"1": {}')), false)
    assert.equal(mayHaveGates(read.manifest, await stateOf('"1": {retired: {}}')), true)
    const without = readManifest(yaml('"1": {}'))
    assert.ok('manifest' in without)
    assert.equal(mayHaveGates(without.manifest, empty), false)
  })
})
