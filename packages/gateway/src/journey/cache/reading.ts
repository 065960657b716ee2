import type { CallerSignal } from '../../kernel/call.ts'
import { type AstraError, toAstraError } from '../../kernel/errors.ts'
import type { FittedCall } from '../assign/fit-inputs.ts'
import { tooLate } from './patience.ts'
import { Reader, type ReaderEnds } from './reader.ts'
import { endWithCaller } from './replay.ts'
import type { SharedStream } from './shared-stream.ts'
import type { Visit } from './visit.ts'

/** What of an answer its reader makes. */
export interface Reading {
  readonly events: Reader
  readonly fail: (error: AstraError) => Promise<void>
}

/** `limitMs`: it is cut off then; left out, what it reads has a time limit of its own. */
export function readerOf(stream: SharedStream, ends: ReaderEnds, signal: CallerSignal, limitMs?: number): Reading {
  const timer = limitMs === undefined ? undefined : setTimeout(() => void reader.fail(tooLate()), limitMs)
  const stop = () => clearTimeout(timer)
  const reader: Reader = new Reader(stream, {
    firstChunk: () => ends.firstChunk(),
    succeed: (failed) => {
      stop()
      ends.succeed(failed)
    },
    fail: (error) => {
      stop()
      ends.fail(error)
    },
  })
  // Who has left gave its place up already.
  if (!signal.aborted) stream.add(reader)
  endWithCaller(reader, signal)
  return { events: reader, fail: (error) => reader.fail(error) }
}

/** The reader stands where it is until then; one that was ended while it waited has a status of its own. */
export async function admitReader(
  fitted: FittedCall,
  visit: Visit,
  reader: Reader,
): Promise<Awaited<ReturnType<Visit['admit']>>> {
  try {
    const limits = await visit.admit(fitted)
    if (reader.stopped) throw reader.stopped
    return limits
  } catch (thrown) {
    await reader.fail(toAstraError(thrown))
    throw thrown
  }
}
