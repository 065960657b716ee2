import { hash } from 'node:crypto'
import type { CachePolicy } from '../../kernel/cache.ts'
import { teamOf, type Version, versionKey } from '../../kernel/catalog.ts'
import type { Dialect } from '../../kernel/wire.ts'
import type { FittedCall } from '../assign/fit-inputs.ts'
import { canonicalText, textOfObject } from './canonical-text.ts'

/**
 * Under which an answer is kept: who shares it, what gave it, in what form, and all that it was asked for. Undefined where a request
 * has no exact text, or a list holds what will not be asked. Calls that pass through are told apart by their protocol, as their answers are upstream's bytes; all others meet
 * whatever their door is, and each door tells the answer in its own words.
 */
export function cacheKey(fitted: FittedCall, policy: CachePolicy): string | undefined {
  const { call, version, way, inputs, misfits } = fitted
  if (misfits.size > 0) return undefined
  const wire = way === 'relay' ? call.wire : undefined
  const form = `${call.stream ? 'stream' : 'whole'} ${call.batch} ${call.allOrNothing ?? false} ${wire?.dialect ?? ''}`
  const frame = `${scopeText(fitted, policy)}\n${madeBy(version)}\n${form}\n`
  const subject = wire?.body ?? inputs
  const before = known.get(subject)
  if (before?.frame === frame) return before.key
  const asked = wire ? textOfObject(wire.body, asideFields[wire.dialect]) : canonicalText(inputs)
  if (asked === undefined) return undefined
  const key = `${groupOf(version)}#${hash('sha256', frame + asked, 'base64url')}`
  if (Object.isFrozen(subject)) known.set(subject, { frame, key })
  return key
}

/** Of what nobody can change: bodies that a door knows from earlier calls, whose text is not written and hashed again, which is 5 us. */
const known = new WeakMap<object, { readonly frame: string; readonly key: string }>()

/** What its answers are purged by: "spam@v1/1.1". */
export function groupOf({ contract, id }: Version): string {
  return versionKey(contract.model, contract.major, id)
}

/**
 * JSON, so that no name can look like another's. Who is in no team shares with nobody, and of one consumer those do not share whose tokens
 * are bound to different units or sessions: they are different people.
 */
function scopeText({ caller, catalog }: FittedCall, { scope }: CachePolicy): string {
  if (scope === 'public') return '"public"'
  const team = scope === 'team' ? teamOf(caller, catalog) : undefined
  if (team !== undefined) return `["team",${JSON.stringify(team)}]`
  const { consumer, bound } = caller
  if (!bound) return `["consumer",${JSON.stringify(consumer)}]`
  return JSON.stringify(['bound', consumer, bound.unit ?? null, bound.session ?? null])
}

const makers = new WeakMap<Version, string>()

/** What of a version may change its answers. A catalog that changes has other versions in it. */
function madeBy(version: Version): string {
  const known = makers.get(version)
  if (known !== undefined) return known
  const { contract, state } = version
  const text = JSON.stringify([
    groupOf(version),
    state.digest,
    contract.publishedRevision,
    contract.limits.outputTokensMax ?? null,
  ])
  makers.set(version, text)
  return text
}

/**
 * What of a request in a protocol's own words does not change its answer: the name by which the model was called, who asks, and that it
 * streams, which stands in the form. The answer of openai-responses repeats who asked: there it does change it.
 */
const asideFields: Readonly<Record<Dialect, readonly string[]>> = {
  'openai-chat': ['model', 'stream', 'user', 'safety_identifier', 'metadata'],
  'openai-responses': ['model', 'stream'],
  'openai-completions': ['model', 'stream', 'user'],
  'openai-embeddings': ['model', 'user'],
  'openai-moderations': ['model'],
  'anthropic-messages': ['model', 'stream', 'metadata'],
  'anthropic-count-tokens': ['model'],
}
