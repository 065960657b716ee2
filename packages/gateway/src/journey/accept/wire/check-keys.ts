import type { JsonObject } from '../../../dialects/dialect.ts'
import { foldCase, repeatedKey } from '../../../dialects/json-edit.ts'
import { AstraError } from '../../../kernel/errors.ts'

/**
 * A body may pass through to a server that reads JSON otherwise than this gateway: Go's reader takes "Store" for "store", and others
 * take the first of two equal keys. What was checked and set here would then not hold there. Throws `invalid_input`, naming the key.
 */
export function checkKeys(bytes: Buffer, body: JsonObject, repeats: boolean): void {
  if (repeats) throw repeated(repeatedKey(bytes))
  for (const key of Object.keys(body)) {
    if (ownKeys.has(key)) continue
    // In nearly all of them there is nothing to fold.
    const folded = lowerCase.test(key) ? key : foldCase(key)
    if (ownKeys.has(folded)) throw refusal(key, `differs from "${folded}" in its letters' case`, `Write "${folded}".`)
    if (routingKeys.has(folded) && body[key] !== null) {
      const why = 'would choose another model or server than the one that is called'
      throw refusal(
        key,
        why,
        `Leave it out: a model's versions, and what is asked when they fail, are set in the gateway.`,
      )
    }
  }
}

/** Of the outermost object: what the doors read, the codecs check, and the backends set. */
const ownKeys: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'input',
  'prompt',
  'system',
  'instructions',
  'stream',
  'stream_options',
  'n',
  'best_of',
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'tools',
  'tool_choice',
  'functions',
  'service_tier',
  'speed',
  'inference_geo',
  'store',
  'background',
  'previous_response_id',
  'conversation',
  'container',
  'mcp_servers',
  'context_management',
  'include',
  'dimensions',
  'encoding_format',
  'user',
  'safety_identifier',
  'metadata',
])

/** Of OpenRouter, LiteLLM and others that are gateways themselves. */
const routingKeys: ReadonlySet<string> = new Set([
  'models',
  'route',
  'fallbacks',
  'provider',
  'preset',
  'api_base',
  'base_url',
  'api_key',
])

const lowerCase = /^[a-z0-9_]*$/
const keyLengthMax = 64

/** Of one below the outermost object no name is told: to find it would take a reader of its own. */
function repeated(key: string | undefined): AstraError {
  if (key !== undefined) return refusal(key, 'stands in the body twice', 'Send it once.')
  return new AstraError('invalid_input', {
    detail: 'An object in the body holds a key twice',
    next: 'Send each key of an object once: readers differ in which of the two they take.',
    violations: [{ path: '', message: 'must hold no object with a key twice' }],
  })
}

function refusal(key: string, message: string, next: string): AstraError {
  const name = key.slice(0, keyLengthMax)
  const path = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
  return new AstraError('invalid_input', {
    detail: `"${name}" ${message}`,
    next,
    violations: [{ path, message }],
  })
}
