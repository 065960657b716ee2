import fc from 'fast-check'
import type { ManifestJudge } from '../../manifest/judges.ts'
import type { Manifest, ManifestContract, ManifestModel } from '../../manifest/manifest.ts'

/** Has contracts judged by a model that stands beside them. */
const text = { type: 'string' } as const
const judgeModel: ManifestModel = {
  owner: 'quality',
  contracts: {
    v1: {
      input: { type: 'object', properties: { input: text, output: {} }, required: ['output'] },
      output: { type: 'object', properties: { score: { type: 'number' }, all: { type: 'array', items: text } } },
      versions: { '1.0': { backend: 'echo' }, '1.10': { backend: 'echo' } },
    },
  },
}

const judge: fc.Arbitrary<ManifestJudge> = fc.record(
  {
    model: fc.constantFrom('the-judge', 'the-judge@v1'),
    version: fc.constantFrom('1.0', '1.10'),
    share: fc.double({ min: 1e-6, max: 1, noNaN: true }),
    value: fc.constant('/score'),
    comment: fc.constantFrom('', '/reason', '/all/0', '/all'),
  },
  { requiredKeys: ['model', 'version', 'share'] },
)

/** Every contract that declares metrics may be judged by one more. */
export function randomlyJudged(manifest: Manifest): fc.Arbitrary<Manifest> {
  return fc.record({ judges: fc.dictionary(fc.constantFrom('judged', 'by.it'), judge) }).map(({ judges }) => {
    if (Object.keys(judges).length === 0) return manifest
    const metrics = Object.fromEntries(
      Object.keys(judges).map((name) => [name, { type: 'number', min: -1.5, max: 5, source: 'judge' } as const]),
    )
    const judged = (contract: ManifestContract): ManifestContract =>
      contract.metrics ? { ...contract, metrics: { ...contract.metrics, ...metrics }, judges } : contract
    const models = mapped(manifest.models, (model) => ({ ...model, contracts: mapped(model.contracts, judged) }))
    return { ...manifest, models: { ...models, 'the-judge': judgeModel } }
  })
}

function mapped<A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]))
}
