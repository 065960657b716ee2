import { hash } from 'node:crypto'
import type { Answer, StreamAnswer, WholeAnswer } from '../../kernel/answer.ts'
import type { CacheEntry, CacheStore } from '../../kernel/cache.ts'
import type { Clock } from '../../kernel/clock.ts'
import { AstraError, type ErrorCode, errorTable, toAstraError } from '../../kernel/errors.ts'
import type { FittedCall } from '../assign/fit-inputs.ts'
import { timeLeftMs } from '../assign/time-limit.ts'
import { canonicalText } from './canonical-text.ts'
import { decodeFirst, encodeFirst, type FirstAnswer, runningBytes } from './first-answer.ts'
import { keptWhole, withHead } from './kept-answer.ts'
import { NotedStream } from './noted-stream.ts'
import { replay } from './replay.ts'
import type { Visit } from './visit.ts'

const keepMs = 24 * 60 * 60 * 1000
/** A gateway that dies while it asks leaves a key behind that is free again this long after the call's time limit. */
const slackMs = 10_000
/** Of an answer where the contract has no cache that says it. */
const answerBytesMax = 1024 * 1024

/**
 * The first answer to an Idempotency-Key is kept, and given to every later call of the same consumer with the same key and the same
 * request; with another request it is refused, and while the first still runs it is told to come back. An error is an answer, too, where
 * the model may have run. Kept is nothing where nothing ran, the caller left, or the answer is too long: then the key is free again.
 */
export function createIdempotency({ store, clock }: { readonly store: CacheStore; readonly clock: Clock }) {
  const keep = (key: string, print: string, first: FirstAnswer, bytesMax: number) => {
    const bytes = encodeFirst(print, first)
    if (!bytes || bytes.length > bytesMax) store.delete(key)
    else store.set(key, { bytes, storedAt: clock.now() }, keepMs)
  }

  const failed = (key: string, print: string, error: AstraError, bytesMax: number) => {
    if (isAnswer(error)) keep(key, print, { state: 'error', error }, bytesMax)
    else store.delete(key)
  }

  const run = async (fitted: FittedCall, key: string, print: string, go: Go): Promise<Answer> => {
    const bytesMax = fitted.contract.cache?.answerBytesMax ?? answerBytesMax
    try {
      const answer = await go()
      if (answer.kind === 'stream') return noted(answer, fitted, key, print, bytesMax)
      if (onlyPassingFaults(answer)) store.delete(key)
      else keep(key, print, { state: 'answer', kept: keptWhole(answer) }, bytesMax)
      return answer
    } catch (thrown) {
      failed(key, print, toAstraError(thrown), bytesMax)
      throw thrown
    }
  }

  const noted = (answer: StreamAnswer, { call }: FittedCall, key: string, print: string, bytesMax: number) => {
    const events = new NotedStream(answer, bytesMax, {
      complete: (kept) => keep(key, print, { state: 'answer', kept }, bytesMax),
      failed: (error) => failed(key, print, error, bytesMax),
    })
    if (call.signal.aborted) events.left()
    else call.signal.addEventListener('abort', () => events.left(), { once: true })
    const fail = async (error: AstraError) => {
      events.fail(error)
      await (answer.fail ? answer.fail(error) : events.return())
    }
    return { ...answer, events, fail }
  }

  const add = (fitted: FittedCall, key: string, print: string) => {
    const running = { bytes: runningBytes(print), storedAt: clock.now() }
    return store.add(key, running, timeLeftMs(fitted) + slackMs)
  }

  const decide = async ({ fitted, visit, go, key, print }: Asked, begun: ReturnType<typeof add>): Promise<Answer> => {
    let added = await begun
    for (let tries = 1; ; tries++) {
      if (added) return await run(fitted, key, print, go)
      if (added === undefined) {
        if (fitted.contract.limits.whenUnavailable === 'closed') throw unknown()
        return await go()
      }
      const entry = await store.get(key)
      if (entry) return await repeat(entry, print, fitted, visit)
      // It was there, and twice cannot be read: the store comes and goes, and to ask might be to ask twice.
      if (tries === 2) throw unknown()
      added = await add(fitted, key, print)
    }
  }

  const repeat = async (entry: CacheEntry, print: string, fitted: FittedCall, visit: Visit): Promise<Answer> => {
    const first = decodeFirst(entry.bytes)
    if (!first) throw unreadable()
    if (first.print !== print) throw new AstraError('idempotency_mismatch')
    if (first.state === 'running') throw new AstraError('idempotency_running', { retryAfterMs: 1000 })
    const limits = await visit.admit(fitted)
    if (first.state === 'error') {
      visit.record.cache('hit')
      throw new AstraError(first.error.code, { ...first.error.facts, replayed: true })
    }
    const note = { outcome: 'hit', ageMs: Math.max(0, clock.now() - entry.storedAt), replayed: true } as const
    return replay(fitted, first.kept, note, visit.record, limits)
  }

  return {
    once(fitted: FittedCall, visit: Visit, go: Go): Promise<Answer> {
      const key = keyOf(fitted)
      const print = printOf(fitted)
      const added = add(fitted, key, print)
      // Of a store in memory the first needs no turn of its own.
      return added === true ? run(fitted, key, print, go) : decide({ fitted, visit, go, key, print }, added)
    },
  }
}

interface Asked {
  readonly fitted: FittedCall
  readonly visit: Visit
  readonly go: Go
  readonly key: string
  readonly print: string
}

type Go = () => Answer | Promise<Answer>

/** The empty group: no purge of a model's answers reaches it. */
function keyOf({ caller, call }: FittedCall): string {
  const { consumer, bound } = caller
  // Tokens bound to different units or sessions are of different people, who choose their keys on their own.
  const owner = bound ? [consumer, bound.unit ?? null, bound.session ?? null] : consumer
  return `#${hash('sha256', JSON.stringify([owner, call.options.idempotencyKey]), 'base64url')}`
}

/** Of what was asked, to the byte where a protocol's own words were sent. Which version it meets is not asked for, unless it is pinned. */
function printOf({ call, contract }: FittedCall): string {
  const { model, batch, stream, options, wire, inputs } = call
  const head = JSON.stringify([model, contract.major, batch, stream, options.version ?? null, wire?.dialect ?? null])
  const asked = wire?.bytes ?? canonicalText(inputs) ?? JSON.stringify(inputs, bigText)
  return hash('sha256', withHead(`${head}\n`, asked), 'base64url')
}

/** JSON has no words for it. */
function bigText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value
}

const noAnswers: ReadonlySet<ErrorCode> = new Set(['cancelled', 'internal', 'budget_exhausted'])

/** A repeat would be told the same, or would make the model run twice. */
function isAnswer({ code }: AstraError): boolean {
  return !errorTable[code].retryable && !noAnswers.has(code)
}

/** A list of which not one output came, and each may come another time. */
function onlyPassingFaults({ items, outputJson }: WholeAnswer): boolean {
  if (outputJson || items.length === 0) return false
  return items.every((item) => 'error' in item && !isAnswer(item.error))
}

/** What another release wrote, which will not change. */
function unreadable(): AstraError {
  return new AstraError('idempotency_mismatch', {
    detail: 'This Idempotency-Key was used before, and what it was answered cannot be read by this release',
    next: 'Send a new key if the call may run twice.',
  })
}

function unknown(): AstraError {
  return new AstraError('store_unavailable', {
    detail: 'Whether this Idempotency-Key was used before cannot be told just now',
    retryAfterMs: 1000,
  })
}
