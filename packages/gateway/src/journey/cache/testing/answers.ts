import assert from 'node:assert/strict'
import type { Answer, StreamAnswer, WholeAnswer } from '../../../kernel/answer.ts'
import type { AttemptSignal } from '../../../kernel/attempt-signal.ts'
import type { BackendEvent } from '../../../kernel/backend.ts'
import type { CachePolicy } from '../../../kernel/cache.ts'
import type { AstraError } from '../../../kernel/errors.ts'
import type { Predict, Stream } from '../../testing/journey-bed.ts'

export const policy: CachePolicy = { scope: 'consumer', ttlMs: 1000, staleMs: 0, answerBytesMax: 1000 }

/** A model that answers when it is told to, and says how often it was asked. */
export function gated() {
  const asked: PromiseWithResolvers<void>[] = []
  const signals: AttemptSignal[] = []
  const wait = async (signal: AttemptSignal) => {
    const gate = Promise.withResolvers<void>()
    asked.push(gate)
    signals.push(signal)
    signal.addEventListener('abort', () => gate.reject(signal.reason))
    await gate.promise
  }
  const predict: Predict = async (_replica, signal, inputs) => {
    await wait(signal)
    return { items: inputs.map(() => ({ output: { text: `answer ${asked.length}` } })) }
  }
  return { predict, asked, signals }
}

/** A stream of which each chunk is let out by hand. */
export function tapped() {
  const waiting: ((event: BackendEvent | Error | undefined) => void)[] = []
  const ready: (BackendEvent | Error | undefined)[] = []
  let asked = 0
  let stopped = 0
  const put = (event: BackendEvent | Error | undefined) => {
    const taker = waiting.shift()
    if (taker) taker(event)
    else ready.push(event)
  }
  const stream: Stream = async function* (_replica, signal) {
    asked++
    signal.addEventListener('abort', () => {
      stopped++
      waiting.shift()?.(signal.reason)
    })
    for (;;) {
      const event =
        ready.length > 0 ? ready.shift() : await new Promise<BackendEvent | Error | undefined>((r) => waiting.push(r))
      if (event instanceof Error) throw event
      if (event === undefined) return
      yield event
    }
  }
  return {
    stream,
    say: (...texts: string[]) => {
      for (const text of texts) put({ type: 'chunk', chunk: { text } })
    },
    end: () => put(undefined),
    fail: (error: AstraError) => put(error),
    asked: () => asked,
    stopped: () => stopped,
  }
}

export function whole(answer: Answer): WholeAnswer {
  assert.ok(answer.kind === 'whole')
  return answer
}

export function streamed(answer: Answer): StreamAnswer {
  assert.ok(answer.kind === 'stream')
  return answer
}

/** The texts of a stream's chunks, to its end. */
export async function textsOf(answer: Answer): Promise<string[]> {
  const texts: string[] = []
  for await (const event of streamed(answer).events) {
    if (event.type === 'chunk') texts.push((event.chunk as { text: string }).text)
  }
  return texts
}

/** Until all that can happen has happened. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
}
