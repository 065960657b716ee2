import { hash } from 'node:crypto'
import type { CachePolicy } from '../../kernel/cache.ts'
import { teamOf, type Version, versionKey } from '../../kernel/catalog.ts'
import type { Dialect } from '../../kernel/wire.ts'
import type { FittedCall } from '../assign/fit-inputs.ts'
import { noText, ordered, orderedObject } from './canonical-text.ts'

/**
 * Under which an answer is kept: who shares it, what gave it, in what form, and all that it was asked for. Undefined where a request
 * has no exact text, or a list holds what will not be asked. Calls that pass through are told apart by their protocol, as their answers are upstream's bytes; all others meet
 * whatever their door is, and each door tells the answer in its own words.
 */
export function cacheKey(fitted: FittedCall, policy: CachePolicy): string | undefined {
  const { call, way, inputs, misfits } = fitted
  if (misfits.size > 0) return undefined
  const wire = way === 'relay' ? call.wire : undefined
  const subject = wire?.body ?? inputs
  const frame = frameOf(fitted, policy, wire?.dialect)
  const before = known.get(subject)
  if (before && isSame(before.frame, frame)) return before.key
  const asked = wire ? orderedObject(wire.body, asideFields[wire.dialect]) : ordered(inputs)
  if (asked === noText) return undefined
  const { sharing, sharer, maker, stream, batch, allOrNothing, dialect } = frame
  const { group, made } = maker
  // Written in one go: put together of pieces, the text took 0.7 kB more.
  const text = JSON.stringify([sharing, sharer, made, stream, batch, allOrNothing, dialect ?? null, asked])
  const key = `${group}#${hash('sha256', text, 'base64url')}`
  if (Object.isFrozen(subject)) known.set(subject, { frame, key })
  return key
}

/** Of what nobody can change: bodies that a door knows from earlier calls, whose text is not written and hashed again, which is 5 us. */
const known = new WeakMap<object, { readonly frame: Frame; readonly key: string }>()

/** All but what was asked for. */
interface Frame {
  readonly sharing: 'public' | 'team' | 'consumer' | 'bound'
  /** The team, or the consumer. */
  readonly sharer: string
  /** Not the version itself: a body that a door knows would keep the catalog that it is of. */
  readonly maker: Maker
  readonly stream: boolean
  readonly batch: boolean
  readonly allOrNothing: boolean
  readonly dialect: Dialect | undefined
}

function frameOf(fitted: FittedCall, policy: CachePolicy, dialect: Dialect | undefined): Frame {
  const { stream, batch, allOrNothing = false } = fitted.call
  const sharing = sharingOf(fitted, policy)
  const sharer = sharerOf(fitted, sharing)
  return { sharing, sharer, maker: makerOf(fitted.version), stream, batch, allOrNothing, dialect }
}

/**
 * Who is in no team shares with nobody, and of one consumer those do not share whose tokens are bound to different units or sessions: they
 * are different people.
 */
function sharingOf({ caller, catalog }: FittedCall, { scope }: CachePolicy): Frame['sharing'] {
  if (scope === 'public') return 'public'
  if (scope === 'team' && teamOf(caller, catalog) !== undefined) return 'team'
  return caller.bound ? 'bound' : 'consumer'
}

function sharerOf({ caller, catalog }: FittedCall, sharing: Frame['sharing']): string {
  const { consumer, bound } = caller
  if (sharing === 'public') return ''
  if (sharing === 'team') return teamOf(caller, catalog) ?? ''
  return sharing === 'bound' ? JSON.stringify([consumer, bound?.unit ?? null, bound?.session ?? null]) : consumer
}

function isSame(one: Frame, other: Frame): boolean {
  return (
    one.sharing === other.sharing &&
    one.sharer === other.sharer &&
    one.maker === other.maker &&
    one.stream === other.stream &&
    one.batch === other.batch &&
    one.allOrNothing === other.allOrNothing &&
    one.dialect === other.dialect
  )
}

interface Maker {
  /** What its answers are purged by: "spam@v1/1.1". */
  readonly group: string
  /** What of a version may change its answers. */
  readonly made: readonly unknown[]
}

/** A catalog that changes has other versions in it. */
const makers = new WeakMap<Version, Maker>()

function makerOf(version: Version): Maker {
  const known = makers.get(version)
  if (known !== undefined) return known
  const { contract, id, state } = version
  const group = versionKey(contract.model, contract.major, id)
  const made = [group, state.digest, contract.publishedRevision, contract.limits.outputTokensMax ?? null]
  const maker = { group, made }
  makers.set(version, maker)
  return maker
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
