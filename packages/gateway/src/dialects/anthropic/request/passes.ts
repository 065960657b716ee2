import { isJsonObject } from '../../../kernel/schema/facets.ts'
import type { PassTable } from '../../members.ts'

/** Members that the canonical form has no place for and that are passed over: none of them changes what the model answers. */

const always = () => true
const isFalse = (value: unknown) => value === false
const isEmpty = (value: unknown) => Array.isArray(value) && value.length === 0

/** A hint for Anthropic's prompt cache, at every place where it may stand. */
const cacheHint = { cache_control: always } as const

export const requestPasses = {
  ...cacheHint,
  // The door reads these three: which model, whether to stream, and the caller's unit and tags.
  model: always,
  stream: always,
  metadata: always,
  // Each of these values says what holds without it.
  service_tier: (value) => value === 'auto',
  speed: (value) => value === 'standard',
} as const satisfies PassTable

export const blockPasses = {
  ...cacheHint,
  // None were made.
  citations: isEmpty,
} as const satisfies PassTable

export const documentPasses = {
  ...cacheHint,
  // Citations that are switched off.
  citations: (value) => isJsonObject(value) && value.enabled === false,
} as const satisfies PassTable

export const toolUsePasses = {
  ...cacheHint,
  // The model itself called the tool, as every model does.
  caller: (value) => isJsonObject(value) && value.type === 'direct',
} as const satisfies PassTable

export const toolPasses = {
  ...cacheHint,
  // How finely the arguments are cut when they are streamed.
  eager_input_streaming: always,
  defer_loading: isFalse,
  allowed_callers: (value) => Array.isArray(value) && value.every((caller) => caller === 'direct'),
  input_examples: isEmpty,
} as const satisfies PassTable

export const thinkingPasses = {
  // Reasoning is shown wherever the model shows it.
  display: (value) => value === 'summarized',
} as const satisfies PassTable
