import type { Logger } from 'pino'
import type { Keyring } from '../control/keys/keyring.ts'
import { operatorReason, toAstraError } from '../kernel/errors.ts'

const everyMs = 60_000

/** When keys were last used is written beside the calls, never on the path of one. `stop` writes what is left. */
export function saveEveryMinute(
  keyring: Pick<Keyring, 'saveUses'>,
  log: Pick<Logger, 'warn'>,
): { stop(): Promise<void> } {
  const save = () =>
    keyring.saveUses().catch((thrown) => {
      log.warn({ reason: operatorReason(toAstraError(thrown)) }, 'the last use of keys could not be written')
    })
  const timer = setInterval(save, everyMs)
  timer.unref()
  return {
    stop() {
      clearInterval(timer)
      return save()
    },
  }
}
