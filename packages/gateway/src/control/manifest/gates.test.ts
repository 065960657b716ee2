import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { stringify } from 'yaml'
import { evaluationMeasures } from '../../kernel/evaluation.ts'
import { gateOf, gateOut, type ManifestGate, setName } from './gates.ts'
import { readManifest } from './read-manifest.ts'

const manifest = (gates: unknown) =>
  stringify({
    models: { spam: { owner: 'me', contracts: { v1: { task: 'regression', versions: { '1.0': {} }, gates } } } },
  })

function faultsIn(gates: unknown): readonly string[] {
  const read = readManifest(manifest(gates))
  if (!('faults' in read)) return []
  return read.faults.map(({ path, message, suggestion }) =>
    [path.replace('models.spam.contracts.v1.gates.', ''), message, suggestion].filter(Boolean).join(' | '),
  )
}

const gate = (require: unknown, over: object = {}) => [{ data: 'heldout.jsonl', require, ...over }]

describe('gates in a manifest', () => {
  it('have no fault where their names and bounds have a meaning', () => {
    const require = { accuracy: { min: 0.95, drop: 0.01 }, errors: { max: 0 }, 'latency-p95': { max: '200ms' } }
    assert.deepEqual(faultsIn(gate(require, { cases: 500 })), [])
    for (const data of ['heldout', './heldout.jsonl', '../data/a-b.v2.jsonl', 'x/y.jsonl']) {
      assert.deepEqual(faultsIn(gate(require, { data })), [])
    }
  })

  const refused: readonly (readonly [string, unknown, string])[] = [
    [
      'a measure that is none',
      gate({ acuracy: { min: 0.9 } }),
      '0.require.acuracy | is nothing that an evaluation measures | Did you mean "accuracy"?',
    ],
    [
      'per cent for a share',
      gate({ accuracy: { min: 95 } }),
      '0.require.accuracy.min | must be a share from 0 to 1, such as 0.95',
    ],
    [
      'a number for a time',
      gate({ latency: { max: 200 } }),
      '0.require.latency.max | must be a duration such as 200ms or 2s',
    ],
    [
      'per cent with its sign',
      gate({ accuracy: { min: '95%' } }),
      '0.require.accuracy.min | must be a number | Write 0.95.',
    ],
    ['a text for a number', gate({ cost: { max: '2 USD' } }), '0.require.cost.max | must be a number'],
    [
      'bounds that nothing meets',
      gate({ accuracy: { min: 0.9, max: 0.8 } }),
      '0.require.accuracy.min | must be at most max, 0.8',
    ],
    [
      'a path from the root',
      gate({ errors: { max: 0 } }, { data: '/etc/passwd' }),
      '0.data | must be the name of a set, or of a file as seen from the manifest: letters, digits, ".", "_", "-" and "/", as in "heldout" or "data/heldout.jsonl"',
    ],
  ]
  for (const [what, gates, fault] of refused) {
    it(`refuse ${what}`, () => assert.deepEqual(faultsIn(gates), [fault]))
  }

  it('refuse what is not of their form', () => {
    assert.match(faultsIn(gate({ accuracy: {} })).join(), /0\.require\.accuracy/)
    assert.match(faultsIn(gate({})).join(), /0\.require/)
    assert.match(faultsIn(gate({ errors: { most: 0 } })).join(), /most/)
    assert.match(faultsIn([]).join(), /gates/)
    assert.match(faultsIn(gate({ errors: { max: -1 } })).join(), /max/)
  })

  it('are written as they are read', () => {
    const measure = fc.constantFrom(...Object.entries(evaluationMeasures))
    const bound = measure.chain(([name, { unit }]) => {
      const value =
        unit === 'ms'
          ? fc.integer({ min: 1, max: 3_600_000 }).map((ms) => `${ms}ms`)
          : fc.double({ min: 0, max: 1, noNaN: true }).map(Math.abs)
      return fc
        .oneof(fc.record({ min: value }), fc.record({ max: value }), fc.record({ drop: value }))
        .map((sides) => [name, sides] as const)
    })
    const require = fc.array(bound, { minLength: 1, maxLength: 4 }).map((bounds) => Object.fromEntries(bounds))
    const data = fc.constantFrom('heldout.jsonl', './heldout.jsonl', 'kept', '../a/b.jsonl')
    const gates: fc.Arbitrary<ManifestGate> = fc.record(
      { data, require, cases: fc.integer({ min: 1, max: 10_000 }) },
      { requiredKeys: ['data', 'require'] },
    )
    fc.assert(
      fc.property(gates, (declared) => {
        assert.deepEqual(faultsIn([declared]), [])
        const state = gateOf(declared)
        const written = gateOut(state)
        assert.deepEqual(gateOf(written), state)
        assert.deepEqual(faultsIn([written]), [])
        assert.equal(written.data, setName(declared.data))
      }),
      { numRuns: 100 },
    )
  })
})
