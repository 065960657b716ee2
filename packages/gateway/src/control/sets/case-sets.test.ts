import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { describe, it } from 'node:test'
import { setBytesMax } from '../../kernel/case-set.ts'
import type { CatalogState } from '../../kernel/catalog-state.ts'
import { systemClock } from '../../kernel/clock.ts'
import { buildCatalog } from '../catalog/build-catalog.ts'
import { applied, contractOf } from '../plan/testing/planning.ts'
import { createCaseSets } from './case-sets.ts'
import { memorySets } from './testing/memory-sets.ts'

function created(state: CatalogState = { models: {}, consumers: {} }) {
  const catalog = buildCatalog({ revision: 1, time: 0, state, digests: {} }, systemClock)
  return createCaseSets({ store: memorySets(), clock: { now: () => 7 }, catalog: () => catalog })
}

const two = [
  { input: { text: 'a' }, expected: 'spam' },
  { id: 'b', input: 3 },
]

describe('sets of cases', () => {
  it('are put a piece at a time, so that calls are served meanwhile', async () => {
    const sets = created()
    const texts = Array.from({ length: 40 }, (_, i) => `${i}${'x'.repeat(100_000)}`)
    let turns = 0
    let done = false
    const count = () => {
      turns++
      if (!done) setImmediate(count)
    }
    setImmediate(count)
    const cases = texts.map((input) => ({ input }))
    const { bytes, digest } = await sets.put('large', cases, 'key_1')
    done = true
    assert.ok(turns >= 10, `in ${turns} turns`)
    const lines = texts.map((input) => JSON.stringify({ input })).join('\n')
    assert.deepEqual([bytes, digest], [lines.length, `sha256:${hash('sha256', lines)}`])
  })

  it('are known by their content, whoever puts it', async () => {
    const sets = created()
    const put = await sets.put('heldout', two, 'key_1')
    assert.match(put.digest, /^sha256:[0-9a-f]{64}$/)
    assert.deepEqual([put.cases, put.expected, put.time, put.by], [2, 1, 7, 'key_1'])
    assert.deepEqual(await sets.put('heldout', two, 'key_2'), put)
    assert.equal((await sets.put('copy', two, 'key_2')).digest, put.digest)
    assert.notEqual((await sets.put('heldout', two.slice(1), 'key_2')).digest, put.digest)
  })

  it('give cases without an id their line as one, on every page', async () => {
    const sets = created()
    await sets.put('heldout', [...two, { input: 4 }], 'key_1')
    assert.deepEqual((await sets.cases('heldout'))?.cases, [
      { id: '1', input: { text: 'a' }, expected: 'spam' },
      { id: 'b', input: 3 },
      { id: '3', input: 4 },
    ])
    assert.deepEqual((await sets.page('heldout', 2, 5)).cases, [{ id: '3', input: 4 }])
    assert.equal(await sets.cases('other'), undefined)
  })

  it('refuse ids that stand there twice, a line number among them, and what is too large', async () => {
    const sets = created()
    const twice = sets.put('heldout', [{ input: 1 }, { id: '1', input: 2 }], 'key_1')
    await assert.rejects(twice, ({ code, facts }) => {
      assert.deepEqual([code, facts.violations[0].path], ['invalid_input', '/cases/1/id'])
      return true
    })
    await assert.rejects(sets.put('heldout', [{ input: 'x'.repeat(setBytesMax) }], 'key_1'), { code: 'invalid_input' })
    assert.deepEqual(await sets.list(), [])
  })

  it('name the nearest where there is none of a name', async () => {
    const sets = created()
    await sets.put('heldout', two, 'key_1')
    for (const refused of [sets.page('heldoot', 0, 1), sets.remove('heldoot')]) {
      await assert.rejects(refused, ({ code, facts }) => {
        assert.deepEqual([code, facts.next], ['unknown_set', 'Did you mean "heldout"?'])
        return true
      })
    }
  })

  it('stay while a gate is on them', async () => {
    const stored = await applied('models: {m: {owner: me, contracts: {v1: {task: regression, versions: {"1": {}}}}}}')
    const gates = [{ data: 'heldout', require: { errors: { max: 0 } } }]
    const contracts = { '1': { ...contractOf(stored), gates } }
    const sets = created({ consumers: {}, models: { m: { owner: 'me', defaultMajor: 1, contracts } } })
    await sets.put('heldout', two, 'key_1')
    await sets.put('other', two, 'key_1')
    await assert.rejects(sets.remove('heldout'), { code: 'conflict', message: /m@v1/ })
    await sets.remove('other')
    assert.deepEqual(
      (await sets.list()).map(({ name }) => name),
      ['heldout'],
    )
  })
})
