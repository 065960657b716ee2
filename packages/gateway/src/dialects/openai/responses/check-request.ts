import { AstraError } from '../../../kernel/errors.ts'
import type { AcceptHalf, JsonObject } from '../../dialect.ts'
import { booleanAt, isObject, wrongAt } from '../chat/fields.ts'
import { optional } from './members.ts'

/**
 * Refused in every case, passing through included: they live by state at one upstream, and would tie callers to it. `store` left out
 * means true at the vendor, but clients leave it out: it counts as false here.
 */
const stateful: Readonly<Record<string, { readonly isMeant: (value: unknown) => boolean; readonly refusal: Refusal }>> =
  {
    store: {
      isMeant: (value) => value === true,
      refusal: { detail: 'Responses are not stored here', next: 'Send "store": false.' },
    },
    background: {
      isMeant: (value) => value === true,
      refusal: { detail: 'Responses do not run in the background here', next: 'Leave "background" out.' },
    },
    previous_response_id: {
      isMeant: isGiven,
      refusal: { detail: 'Responses are not stored here', next: 'Send the earlier turns in "input".' },
    },
    conversation: {
      isMeant: isGiven,
      refusal: { detail: 'Conversations are not stored here', next: 'Send the earlier turns in "input".' },
    },
  }

/** Clients that believe an answer to be stored name its items instead of sending them. */
const referenceRefusal: Refusal = {
  detail: 'Items of earlier responses are not stored here',
  next: 'Send the items themselves; with "store": false clients do.',
}

interface Refusal {
  readonly detail: string
  readonly next: string
}

export function checkRequest(body: JsonObject): ReturnType<AcceptHalf['check']> {
  for (const [name, { isMeant, refusal }] of Object.entries(stateful)) {
    if (isMeant(body[name])) throw new AstraError('unsupported', refusal)
  }
  optional(body, 'store', '', booleanAt)
  optional(body, 'background', '', booleanAt)
  // A prompt that is kept at the vendor may hold the input.
  if (isGiven(body.input) || !isGiven(body.prompt)) checkInput(body.input)
  return { items: 1, stream: optional(body, 'stream', '', booleanAt) ?? false }
}

function checkInput(input: unknown): void {
  if (typeof input === 'string') return
  if (!Array.isArray(input) || input.length === 0) throw wrongAt('/input', 'must be a string or a non-empty list')
  for (const [at, item] of input.entries()) {
    if (!isObject(item)) throw wrongAt(`/input/${at}`, 'must be an object')
    if (item.type === 'item_reference') throw new AstraError('unsupported', referenceRefusal)
  }
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null
}
