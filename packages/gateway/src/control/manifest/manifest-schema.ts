import type { Schema } from '../../kernel/schema/schema.ts'
import { taskTable } from '../../kernel/tasks.ts'
import { cacheForm } from './cache-policy.ts'
import { captureForm } from './capture.ts'
import { consumerForm, teamForm } from './consumer.ts'
import { driftForm } from './drift.ts'
import { experimentForm } from './experiment.ts'
import { metricsForm } from './feedback-metrics.ts'
import { closed, duration, map, text } from './forms.ts'
import { gatesForm } from './gates.ts'
import { issuerForm } from './issuer.ts'
import { judgesForm } from './judges.ts'
import { ownerLimitsForm } from './owner-limits.ts'
import { bodyBytesMax, fallbackMax } from './quantities.ts'
import { shadowForm } from './shadow-form.ts'
import { rulesForm } from './traffic-rules.ts'

const date: Schema = { type: 'string', format: 'date' }
/** Checked by what it belongs to: a schema by `schemaFaults`, a backend's field by the backend's own schema. */
const open: Schema = { type: 'object', additionalProperties: true }
const anything: Schema = {}

const version: Schema = {
  type: 'object',
  properties: {
    backend: text,
    replicas: { type: 'array', items: text, minItems: 1, maxItems: 1000 },
    revision: { type: 'integer', minimum: 1 },
    retired: closed({}, { successor: text }),
    limits: ownerLimitsForm,
  },
  additionalProperties: true,
}

const traffic: Schema = {
  ...closed(
    {},
    {
      weights: map({ type: 'number', minimum: 0, maximum: 1_000_000 }, 1),
      fallback: { type: 'array', items: text, maxItems: fallbackMax },
      hedge: closed({ after: duration, share: { type: 'number', exclusiveMinimum: 0, maximum: 1 } }),
      rules: rulesForm,
      shadow: shadowForm,
    },
  ),
  minProperties: 1,
}

const contract: Schema = closed(
  { versions: map(version, 1) },
  {
    task: { type: 'string', enum: Object.keys(taskTable) },
    description: text,
    labels: { type: 'array', items: text, minItems: 1, maxItems: 10_000 },
    dimensions: { type: 'integer', minimum: 1, maximum: 100_000 },
    input: open,
    output: open,
    chunk: open,
    earlier: { type: 'array', items: closed({ input: open, output: open }, { chunk: open }), minItems: 1 },
    streams: { type: 'boolean' },
    examples: { type: 'array', items: closed({ input: anything }, { output: anything }), maxItems: 20 },
    limits: closed(
      {},
      {
        body: { oneOf: [text, { type: 'integer', minimum: 1, maximum: bodyBytesMax }] },
        items: { type: 'integer', minimum: 1, maximum: 100_000 },
        timeout: duration,
        firstByte: duration,
        idle: duration,
        inFlight: { type: 'integer', minimum: 1, maximum: 1_000_000 },
        queue: { type: 'integer', minimum: 1, maximum: 1_000_000 },
        outputTokens: { type: 'integer', minimum: 1, maximum: 10_000_000 },
        whenUnavailable: { type: 'string', enum: ['open', 'closed'] },
      },
    ),
    deprecated: closed({ since: date }, { sunset: date }),
    traffic,
    cache: cacheForm,
    capture: captureForm,
    metrics: metricsForm,
    gates: gatesForm,
    judges: judgesForm,
    drift: driftForm,
  },
)

const model: Schema = closed(
  { owner: text, contracts: map(contract, 1) },
  { description: text, default: text, limits: ownerLimitsForm },
)

const usd = (description: string): Schema => ({ type: 'number', minimum: 0, maximum: 1_000_000, description })

/** 0 is a price too: nothing. What has none is unpriced, which is not the same. */
const price: Schema = closed(
  { from: { ...date, description: 'The first day (UTC) on which it holds' } },
  {
    input: usd('USD per million input tokens'),
    cachedInput: usd('Of the input tokens those read from a prompt cache; left out: as input'),
    cacheWriteInput: usd('Of the input tokens those written to a prompt cache; left out: as input'),
    output: usd('USD per million output tokens'),
    reasoning: usd('Of the output tokens those of reasoning; left out: as output'),
    items: usd('USD per million items'),
  },
)
const prices: Schema = {
  ...map({ type: 'array', items: price, minItems: 1, maxItems: 100 }),
  description: 'By upstream model, such as "openai/gpt-4o-mini"',
}

/** The form of `astra.yaml`, in the same subset of JSON Schema as contracts, so that its faults are named in the same words. */
export const manifestSchema: Schema = closed(
  {},
  {
    models: map(model),
    consumers: map(consumerForm),
    teams: map(teamForm),
    issuers: map(issuerForm),
    prices,
    experiments: map(experimentForm),
  },
)
