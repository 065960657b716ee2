import { isJsonObject } from '../../../kernel/schema/facets.ts'
import type { AcceptHalf, JsonObject } from '../../dialect.ts'
import { optional } from '../../members.ts'
import {
  isFilled,
  isGiven,
  isTrue,
  refuseStored,
  refuseStoredWithin,
  type StoredObject,
  type StoredObjects,
} from '../../stored-objects.ts'
import { booleanAt, wrongAt } from '../../values.ts'

export function checkRequest(body: JsonObject): ReturnType<AcceptHalf['check']> {
  refuseStored(body, '', storedRequest)
  optional(body, 'store', '', booleanAt)
  optional(body, 'background', '', booleanAt)
  checkInput(body.input)
  refuseStoredWithin(body.input, '/input', storedParts, ownWords)
  refuseStoredWithin(body.tools, '/tools', storedParts, ownWords)
  return { items: 1, stream: optional(body, 'stream', '', booleanAt) ?? false }
}

function checkInput(input: unknown): void {
  if (typeof input === 'string') return
  if (!Array.isArray(input) || input.length === 0) throw wrongAt('/input', 'must be a string or a non-empty list')
  for (const [at, item] of input.entries()) {
    if (!isJsonObject(item)) throw wrongAt(`/input/${at}`, 'must be an object')
    refuseStored(item, `/input/${at}`, storedItem)
  }
}

const sendTurns = 'Send the earlier turns in "input".'

/** `store` left out means true at the vendor, but clients leave it out: it counts as false here. */
const storedRequest: StoredObjects = {
  store: { isMeant: isTrue, detail: 'Responses are not stored here', next: 'Send "store": false.' },
  background: {
    isMeant: isTrue,
    detail: 'Responses do not run in the background here',
    next: 'Leave "background" out.',
  },
  previous_response_id: { isMeant: isGiven, detail: 'Responses are not stored here', next: sendTurns },
  conversation: { isMeant: isGiven, detail: 'Conversations are not stored here', next: sendTurns },
  prompt: {
    isMeant: isGiven,
    detail: 'Prompts that are stored at the vendor cannot be used here',
    next: 'Send the words themselves, in "instructions" and "input".',
  },
}

/** Clients that believe an answer to be stored name its items instead of sending them. */
const storedItem: StoredObjects = {
  id: {
    isMeant: isReference,
    detail: 'Items of earlier responses are not stored here',
    next: 'Send the items themselves; with "store": false clients do.',
  },
}

function isReference(id: unknown, { type, role, result }: JsonObject): boolean {
  if (!isGiven(type)) return isGiven(id) && !isGiven(role)
  return type === 'item_reference' || (type === 'image_generation_call' && !isGiven(result))
}

const file: StoredObject = {
  isMeant: isFilled,
  detail: 'Files are not stored here',
  next: 'Send the file itself, in "file_data" or as an image in "image_url".',
}
const container: StoredObject = {
  isMeant: isFilled,
  detail: 'Containers are not kept here',
  next: 'Let every call have its own: "container": {"type": "auto"}, without the items of code that ran before.',
}

/** At any depth of inputs and tools. */
const storedParts: StoredObjects = {
  file_id: file,
  file_ids: file,
  vector_store_ids: {
    isMeant: isFilled,
    detail: 'Vector stores cannot be searched here',
    next: 'Search in your own application, by a tool of type "function".',
  },
  container_id: container,
  container: { ...container, isMeant: (value) => typeof value === 'string' },
  skill_id: {
    isMeant: isGiven,
    detail: 'Skills that are stored at the vendor cannot be used here',
    next: 'Put what the skill says into "instructions".',
  },
}

/** A JSON Schema, a function's arguments, what an earlier answer quoted. */
const ownWords: ReadonlySet<string> = new Set([
  'parameters',
  'input_schema',
  'arguments',
  'annotations',
  'env',
  'metadata',
])
