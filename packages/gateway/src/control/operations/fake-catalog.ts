import { planDefaults } from '@astraapi/statistics'
import type { Catalog, Contract, Model, Version } from '../../kernel/catalog.ts'
import type { ConsumerState, ContractState, VersionState } from '../../kernel/catalog-state.ts'
import type { ExperimentState } from '../../kernel/experiment.ts'
import { ownEntry } from '../manifest/own-entry.ts'

const keeps = { scope: 'consumer', ttlMs: 1000, staleMs: 0, answerBytesMax: 1000 } as const
const semantic = { mode: 'measure', model: 'embed@v1', similarityMin: 0.95, timeoutMs: 200 } as const

/** 2026-11-22T12:00:00.000Z */
export const noon = Date.UTC(2026, 10, 22, 12)

const version: VersionState = {
  revision: 1,
  backend: 'oip',
  settings: {},
  replicas: ['http://10.0.0.7:8000'],
  digest: 'sha256:1',
  immutable: true,
}

const contractState: ContractState = {
  task: 'classification',
  streams: false,
  revisions: [
    { input: { type: 'object' }, output: { type: 'object' } },
    { input: { type: 'object', properties: {} }, output: { type: 'object' } },
  ],
  examples: [{ input: { text: 'You have won' } }],
  limits: { bodyBytesMax: 1, itemsMax: 1, timeoutMs: 1, firstByteMs: 60_000, idleMs: 60_000, inFlightMax: 1 },
  deprecated: { since: '2026-11-01' },
  versions: { '0.9': { ...version, retired: { successor: '1.1' } }, '1.0': version, '1.1': version },
  weights: { '1.0': 1, '1.1': 3 },
  metrics: {
    correct: { type: 'boolean', optimise: 'max', source: 'ground_truth' },
    stars: { type: 'number', optimise: 'max' },
  },
}

const draft: ExperimentState = {
  model: 'spam',
  major: 1,
  control: '1.0',
  candidates: ['1.1'],
  shares: { '1.0': 50, '1.1': 50 },
  ramp: [{ coverage: 0.1, forMs: 3_600_000 }, { coverage: 1 }],
  attributionMs: 60_000,
  metrics: [
    {
      ...{ name: 'correct', kind: 'success', type: 'mean', optimise: 'max' },
      from: { feedback: 'correct' },
    },
  ],
  plan: planDefaults,
  progress: { status: 'draft', since: noon, ranMs: 0, step: 0, epochs: [] },
}

/** One that was declared, and one that has run for an hour. */
const experiments: Readonly<Record<string, ExperimentState>> = {
  'spam-1-1': draft,
  'spam-again': {
    ...draft,
    progress: {
      ...{ status: 'running', startedAt: noon - 3_600_000, since: noon - 3_600_000, ranMs: 0, step: 0, by: 'key_7' },
      epochs: [{ number: 1, from: noon - 3_600_000, shares: { '1.0': 0.5, '1.1': 0.5 } }],
    },
  },
}

const models = new Map([
  ['spam', model('spam')],
  ['digits', model('digits')],
])

const consumers = { demo: { demo: true }, checkout: { demo: false }, 'astra-judge': { demo: false } }

/** Two models of one form, at revision 7. */
export const fakeCatalog: Catalog = {
  revision: 7,
  activatedAt: noon,
  state: {
    models: Object.fromEntries(
      [...models.keys()].map((name) => [
        name,
        { owner: 'mail-platform', defaultMajor: 1, contracts: { '1': contractState } },
      ]),
    ),
    consumers,
    experiments,
  },
  model: (name) => models.get(name),
  modelNames: () => [...models.keys()],
  hasConsumer: (name) => Object.hasOwn(consumers, name),
  consumer: (name) => ownEntry<ConsumerState>(consumers, name),
  team: () => undefined,
}

function model(name: string): Model {
  const versions = new Map<string, Version>()
  const { weights: _, versions: states, revisions, ...rest } = contractState
  const contract: Contract = {
    ...rest,
    fallback: [],
    rules: undefined,
    shadow: undefined,
    hedge: undefined,
    cache: name === 'spam' ? { ...keeps, semantic } : keeps,
    model: name,
    major: 1,
    description: undefined,
    publishedRevision: 1,
    published: { input: { type: 'object' }, output: { type: 'object' } },
    deprecated: contractState.deprecated,
    versions,
    get split() {
      return ['1.0', '1.1'].flatMap((id, index) => {
        const version = versions.get(id)
        return version ? [{ version, share: index === 0 ? 0.25 : 0.75, upTo: index === 0 ? 0.25 : 1 }] : []
      })
    },
    get check(): never {
      throw new Error('Reading what is deployed must not compile contracts')
    },
  }
  for (const [id, state] of Object.entries(states)) versions.set(id, { id, contract, state, tensors: undefined })
  return {
    name,
    owner: 'mail-platform',
    description: undefined,
    defaultMajor: 1,
    contracts: new Map([[1, contract]]),
    limits: undefined,
  }
}
