import type { CachePolicy, CacheScope, SemanticPolicy } from '../../kernel/cache.ts'
import type { Violation } from '../../kernel/errors.ts'
import { propertyOf } from '../../kernel/schema/facets.ts'
import { didYouMean } from '../../kernel/schema/nearest.ts'
import type { Schema } from '../../kernel/schema/schema.ts'
import { taskTable } from '../../kernel/tasks.ts'
import { withoutUndefined } from '../operations/without-undefined.ts'
import { contractsOf } from './contracts-of.ts'
import { closed, duration, text } from './forms.ts'
import type { FaultAt, Manifest, ManifestContract, Place } from './manifest.ts'
import { durationText, isDuration, parseDuration, parseSize, sizeText } from './quantities.ts'

/** Which answers of a contract are kept, as people write it. */
export interface ManifestCache {
  readonly scope?: CacheScope
  readonly ttl: string
  readonly stale?: string
  readonly answer?: string | number
  readonly semantic?: ManifestSemantic
}

interface ManifestSemantic {
  /** `off` keeps the rest for when it is wanted again; an export leaves it out. */
  readonly mode: SemanticPolicy['mode'] | 'off'
  readonly model: string
  readonly similarity?: number
  readonly timeout?: string
}

const answerBytesMax = 64 * 2 ** 20
/** 30 days. */
const keepMsMax = 720 * 3_600_000
const keepWords = 'must be a duration such as 30s, 5m or 24h, at most 720h'
const embedMsMax = 10_000
const embedWords = 'must be a duration such as 200ms or 1s, at most 10s'

const usual = { scope: 'consumer', answerBytesMax: 2 ** 20, similarityMin: 0.95, timeoutMs: 200 } as const

export const cacheForm: Schema = closed(
  { ttl: duration },
  {
    scope: { type: 'string', enum: ['consumer', 'team', 'public'] },
    stale: duration,
    answer: { oneOf: [text, { type: 'integer', minimum: 1, maximum: answerBytesMax }] },
    semantic: closed(
      { mode: { type: 'string', enum: ['off', 'measure', 'serve'] }, model: { ...text, examples: ['embed@v1'] } },
      { similarity: { type: 'number', exclusiveMinimum: 0, maximum: 1 }, timeout: duration },
    ),
  },
)

/** What the form cannot say of a contract's cache, apart from what other contracts are. */
export function cacheFaults(contract: ManifestContract, at: Place, faultAt: FaultAt): Violation[] {
  const { cache } = contract
  if (!cache) return []
  const place = [...at, 'cache']
  const { semantic, answer } = cache
  const faults = (['ttl', 'stale'] as const).flatMap((field) =>
    cache[field] === undefined || isDuration(cache[field], keepMsMax) ? [] : [faultAt([...place, field], keepWords)],
  )
  if (typeof answer === 'string' && (parseSize(answer) ?? Number.POSITIVE_INFINITY) > answerBytesMax) {
    faults.push(faultAt([...place, 'answer'], 'must be a size such as 64KiB or 1MiB, at most 64MiB'))
  }
  if (!semantic) return faults
  if (semantic.timeout !== undefined && !isDuration(semantic.timeout, embedMsMax)) {
    faults.push(faultAt([...place, 'semantic', 'timeout'], embedWords))
  }
  if (!hasText(contract)) {
    const message = 'has no use: there is no text in the input whose meaning could be compared'
    faults.push(faultAt([...place, 'semantic'], message, 'Only chat, completion and inputs with a "text" have one.'))
  }
  return faults
}

/** Of `chat` the last message of the user is compared, of `completion` the prompt, of others the field "text". */
function hasText({ task = 'custom', input = taskTable[task].input }: ManifestContract): boolean {
  if (task === 'embedding') return false
  return task === 'chat' || task === 'completion' || (input && propertyOf(input, 'text')?.type) === 'string'
}

/** A semantic cache asks one of this gateway's own embedding contracts. Contracts that are not sound are passed over. */
export function semanticFaults(manifest: Manifest, faultAt: FaultAt, sound: (place: Place) => boolean): Violation[] {
  const contracts = contractsOf(manifest)
  const semantic = contracts.filter(({ contract }) => contract?.cache?.semantic)
  if (semantic.length === 0) return []
  // What is not sound may be meant to be one.
  const known = contracts.flatMap(({ name, place, contract }) =>
    contract?.task === 'embedding' || !sound(place) ? [name] : [],
  )
  return semantic.flatMap(({ contract, place }) => {
    const model = sound(place) ? contract?.cache?.semantic?.model : undefined
    if (model === undefined || known.includes(model)) return []
    const without = known.find((name) => name.startsWith(`${model}@`))
    const advice = without ? { suggestion: `Did you mean "${without}"?` } : didYouMean(model, known)
    const own = known.length > 0 ? `; there are ${known.slice(0, 10).join(', ')}` : ', and there is none'
    const message = `must be an embedding contract of this gateway such as embed@v1${own}`
    return [faultAt([...place, 'cache', 'semantic', 'model'], message, advice.suggestion)]
  })
}

export function cachePolicyOf({ scope, ttl, stale, answer, semantic }: ManifestCache): CachePolicy {
  return withoutUndefined({
    scope: scope ?? usual.scope,
    ttlMs: ms(ttl),
    staleMs: ms(stale),
    answerBytesMax: (typeof answer === 'string' ? parseSize(answer) : answer) ?? usual.answerBytesMax,
    semantic: semantic && semanticOf(semantic),
  })
}

function semanticOf({ mode, model, similarity, timeout }: ManifestSemantic): SemanticPolicy | undefined {
  if (mode === 'off') return undefined
  const timeoutMs = timeout === undefined ? usual.timeoutMs : ms(timeout)
  return { mode, model, similarityMin: similarity ?? usual.similarityMin, timeoutMs }
}

function ms(text: string | undefined): number {
  return (text === undefined ? undefined : parseDuration(text)) ?? 0
}

export function cacheOut(cache: CachePolicy): ManifestCache {
  const { scope, ttlMs, staleMs, answerBytesMax, semantic } = cache
  return withoutUndefined({
    scope: scope === usual.scope ? undefined : scope,
    ttl: durationText(ttlMs),
    stale: staleMs === 0 ? undefined : durationText(staleMs),
    answer: answerBytesMax === usual.answerBytesMax ? undefined : sizeText(answerBytesMax),
    semantic:
      semantic &&
      withoutUndefined({
        mode: semantic.mode,
        model: semantic.model,
        similarity: semantic.similarityMin === usual.similarityMin ? undefined : semantic.similarityMin,
        timeout: semantic.timeoutMs === usual.timeoutMs ? undefined : durationText(semantic.timeoutMs),
      }),
  })
}
