import { hash } from 'node:crypto'
import type { Answer } from '../../kernel/answer.ts'
import type { CacheStore } from '../../kernel/cache.ts'
import type { Clock } from '../../kernel/clock.ts'
import { AstraError, type ErrorCode, errorTable, toAstraError } from '../../kernel/errors.ts'
import type { FittedCall } from '../assign/fit-inputs.ts'
import { canonicalText } from './canonical-text.ts'
import { decodeFirst, encodeFirst, type FirstAnswer, runningBytes } from './first-answer.ts'
import { keptWhole } from './kept-answer.ts'
import { NotedStream } from './noted-stream.ts'
import { timeLimitMs } from './patience.ts'
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

  const run = async (fitted: FittedCall, key: string, print: string, go: Go): Promise<Answer> => {
    const bytesMax = fitted.contract.cache?.answerBytesMax ?? answerBytesMax
    const failed = (error: AstraError) => {
      if (isAnswer(error)) keep(key, print, { state: 'error', error }, bytesMax)
      else store.delete(key)
    }
    try {
      const answer = await go()
      if (answer.kind === 'whole') {
        keep(key, print, { state: 'answer', kept: keptWhole(answer) }, bytesMax)
        return answer
      }
      const events = new NotedStream(answer, bytesMax, {
        complete: (kept) => keep(key, print, { state: 'answer', kept }, bytesMax),
        failed,
      })
      fitted.call.signal.addEventListener('abort', () => events.left(), { once: true })
      return { ...answer, events }
    } catch (thrown) {
      failed(toAstraError(thrown))
      throw thrown
    }
  }

  return {
    async once(fitted: FittedCall, visit: Visit, go: Go): Promise<Answer> {
      const { call, contract } = fitted
      const key = keyOf(fitted)
      const print = printOf(fitted)
      const running = { bytes: runningBytes(print), storedAt: clock.now() }
      const added = await store.add(key, running, timeLimitMs(call, contract) + slackMs)
      if (added) return await run(fitted, key, print, go)
      if (added === undefined) {
        if (contract.limits.whenUnavailable === 'closed') throw unknown()
        return await go()
      }
      const entry = await store.get(key)
      const first = entry && decodeFirst(entry.bytes)
      if (!entry || !first) throw new AstraError('idempotency_running', { retryAfterMs: 1000 })
      if (first.print !== print) throw new AstraError('idempotency_mismatch')
      if (first.state === 'running') throw new AstraError('idempotency_running', { retryAfterMs: 1000 })
      const limits = await visit.admit(fitted)
      if (first.state === 'error') {
        visit.record.cache('hit')
        throw new AstraError(first.error.code, { ...first.error.facts, replayed: true })
      }
      const note = { outcome: 'hit', ageMs: Math.max(0, clock.now() - entry.storedAt), replayed: true } as const
      return replay(fitted, first.kept, note, visit.record, limits)
    },
  }
}

type Go = () => Answer | Promise<Answer>

/** The empty group: no purge of a model's answers reaches it. */
function keyOf({ caller, call }: FittedCall): string {
  return `#${hash('sha256', JSON.stringify([caller.consumer, call.options.idempotencyKey]), 'base64url')}`
}

/** Of what was asked, to the byte where a protocol's own words were sent. Which version it meets is not asked for, unless it is pinned. */
function printOf({ call, contract }: FittedCall): string {
  const { model, batch, stream, options, wire, inputs } = call
  const head = JSON.stringify([model, contract.major, batch, stream, options.version ?? null, wire?.dialect ?? null])
  const asked = wire?.bytes ?? canonicalText(inputs) ?? JSON.stringify(inputs, bigText)
  return hash('sha256', Buffer.concat([Buffer.from(`${head}\n`), Buffer.from(asked)]), 'base64url')
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

function unknown(): AstraError {
  return new AstraError('store_unavailable', {
    detail: 'Whether this Idempotency-Key was used before cannot be told just now',
    retryAfterMs: 1000,
  })
}
