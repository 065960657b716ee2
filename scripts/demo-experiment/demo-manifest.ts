/** What the demonstration shows: who is the control, who would like to be, and whether anybody tells what was right. */
export interface Variant {
  readonly control: string
  readonly candidate: string
  /** Whether ground truth comes back. Without it only what every call tells is known: failures and latency. */
  readonly truth: boolean
  readonly shows: string
}

/** "1.2" is no model: the echo backend, which is slow or fails as it is told. */
export const variants = {
  better: { control: '1.0', candidate: '1.1', truth: true, shows: 'a better version is promoted' },
  swap: { control: '1.1', candidate: '1.0', truth: true, shows: 'a worse version is rolled back' },
  slow: { control: '1.1', candidate: '1.2', truth: false, shows: 'a slow version is rolled back' },
  failing: { control: '1.1', candidate: '1.2', truth: false, shows: 'a failing version is rolled back at once' },
} as const satisfies Readonly<Record<string, Variant>>

export type VariantName = keyof typeof variants

/** How long the slow version takes for an answer that a model gives in a few ms. */
const slowMs = 200

const echoes: Readonly<Partial<Record<VariantName, object>>> = {
  slow: { backend: 'echo', answer: { label: 'ham', score: 0.5 }, delayMs: slowMs },
  failing: { backend: 'echo', fail: 'failed' },
}

export const experimentName = 'spam-experiment'

/** Of the plan: a demonstration has no day to wait, and the held-out mails are few. */
export const expectedUnits = 1000
export const alpha = 0.05

/** JSON is YAML, too. */
export function demoManifest(name: VariantName): string {
  const { control, candidate } = variants[name]
  const echo = echoes[name]
  const contract = {
    task: 'classification',
    labels: ['ham', 'spam'],
    input: { type: 'object', properties: { text: { type: 'string', maxLength: 1_000_000 } }, required: ['text'] },
    metrics: { correct: { type: 'boolean', source: 'ground_truth', description: 'Whether the label was right' } },
    versions: { '1.0': {}, '1.1': {}, ...(echo ? { '1.2': echo } : {}) },
    traffic: { weights: { [control]: 100 } },
  }
  const experiment = {
    description: `A demonstration on held-out mails: ${variants[name].shows}`,
    model: 'spam',
    ...{ control, candidates: [candidate], shares: { [control]: 50, [candidate]: 50 } },
    // A mail's one call and its truth come within a moment; a real one takes a day or more.
    ...{ attribution: '1s', minimalDuration: '3s', maximalDuration: '10m' },
    metrics: ['correct'],
    // Both models answer in a few ms, which on a busy machine is noise: what counts is what a person would notice.
    guardrails: ['errors', { metric: 'latency-p95', margin: '100 ms' }],
    ...{ alpha, expectedUnits, minimalUnits: 100, rule: 'automatic', state: 'draft' },
  }
  return JSON.stringify({
    models: { spam: { owner: 'mail-platform', contracts: { v1: contract } } },
    consumers: { 'mail-server': {} },
    experiments: { [experimentName]: experiment },
  })
}
