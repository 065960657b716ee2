import type { Logger } from 'pino'
import { operatorReason, toAstraError } from '../kernel/errors.ts'

const writeEveryMs = 5000

/** Writes, again and again, what was added up in memory. A write that fails is told with the message: what it was to write waits for the next. */
export function writeEvery(
  flush: () => Promise<void>,
  log: Pick<Logger, 'warn'>,
  message: string,
): { /** Writes what came last. */ close(): Promise<void> } {
  const write = async () => {
    try {
      await flush()
    } catch (thrown) {
      log.warn({ reason: operatorReason(toAstraError(thrown)) }, message)
    }
  }
  const timer = setInterval(write, writeEveryMs).unref()
  return {
    async close() {
      clearInterval(timer)
      await write()
    },
  }
}
