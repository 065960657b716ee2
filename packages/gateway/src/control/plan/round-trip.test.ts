import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { stringify } from 'yaml'
import type { CatalogState } from '../../kernel/catalog-state.ts'
import type { ExperimentState } from '../../kernel/experiment.ts'
import { isOver } from '../catalog/held-traffic.ts'
import { writeManifest } from '../manifest/write-manifest.ts'
import { canonical } from './digest.ts'
import { applied, emptyCatalog, fakeBackends, planYaml, tensors } from './testing/planning.ts'
import { randomChanges, withChanges } from './testing/random-experiments.ts'
import { extended, randomManifest } from './testing/random-manifest.ts'

const yamlOf = (manifest: object) => stringify(manifest, { aliasDuplicateObjects: false })

/** What is over is not written: the manifest of such a state has it no more. */
function withPast(state: CatalogState): CatalogState {
  if (!state.experiments) return state
  const experiments = Object.entries(state.experiments).map(([name, experiment]): [string, ExperimentState] => [
    name,
    isOver(experiment.progress.status) ? { ...experiment, origin: 'past' } : experiment,
  ])
  return { ...state, experiments: Object.fromEntries(experiments) }
}

describe('a manifest that is written', () => {
  it('reads back to no change, here and on an empty gateway', async () => {
    const seen = { revisions: 0, states: 0 }
    const statuses = new Set<string>()
    await fc.assert(
      fc.asyncProperty(randomManifest, fc.nat(2), randomChanges, async (manifest, rounds, asked) => {
        let declared = manifest
        let stored = await applied(yamlOf(declared))
        for (let round = 1; round <= rounds; round++) {
          declared = extended(declared, round)
          stored = await applied(yamlOf(declared), stored)
        }
        stored = { ...stored, state: withPast(withChanges(stored.state, asked)) }
        const yaml = writeManifest(stored.state)
        const again = await planYaml(yaml, stored)
        assert.deepEqual([again.faults, again.changes], [[], []])
        assert.equal(canonical(again.next), canonical({ state: stored.state, digests: stored.digests }))
        const fresh = await applied(yaml)
        assert.equal(writeManifest(fresh.state), yaml)
        const contracts = Object.values(stored.state.models).flatMap((model) => Object.values(model.contracts))
        seen.states++
        for (const { progress } of Object.values(stored.state.experiments ?? {})) statuses.add(progress.status)
        seen.revisions = Math.max(seen.revisions, ...contracts.map(({ revisions }) => revisions.length))
      }),
      { numRuns: 60 },
    )
    assert.deepEqual(seen, { states: 60, revisions: 3 })
    for (const status of ['draft', 'running', 'promoted', 'stopped']) assert.ok(statuses.has(status), status)
  })

  it('brings tensors and replicas along', async () => {
    const backends = fakeBackends(() => ({
      digest: 'sha256:1',
      tensors: tensors({ x: 'INT64 [-1, -1]' }, { y: 'FP32 [-1, 1]', z: 'BYTES [-1]' }),
    }))
    const yaml =
      'models: {m: {owner: me, contracts: {v1: {versions: {"1": {replicas: ["http://a:1"]}, "2": {model: n}, "3": {retired: {}}}}}}}'
    const stored = await applied(yaml, emptyCatalog, backends)
    const written = writeManifest(stored.state)
    assert.deepEqual((await planYaml(written, stored, backends)).changes, [])
    const fresh = await applied(written, emptyCatalog, backends)
    assert.equal(canonical(fresh.state), canonical(stored.state))
  })
})
