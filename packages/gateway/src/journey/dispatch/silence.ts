import type { ContractLimits } from '../../kernel/catalog-state.ts'
import type { Clock } from '../../kernel/clock.ts'
import { AstraError } from '../../kernel/errors.ts'

/** The two clocks of a streamed attempt that run while upstream sends nothing. */
export interface Silence {
  /** Something came. No clock runs until `wait`, so that a slow reader of ours is not held against upstream. */
  heard(): void
  /** Upstream is waited for again. */
  wait(): void
  stop(): void
}

/**
 * Until the first thing comes it may take `firstByteMs`, then `idleMs` between one and the next; past that `stalled` is called, once.
 * One timer per stream, which looks how long ago something came and goes on for the rest: a timer per chunk would cost more than
 * the chunk.
 */
export function watchSilence(
  { firstByteMs, idleMs }: Pick<ContractLimits, 'firstByteMs' | 'idleMs'>,
  clock: Pick<Clock, 'elapsed'>,
  stalled: (error: AstraError) => void,
): Silence {
  let limitMs = firstByteMs
  let began = false
  /** Undefined while upstream is not waited for. */
  let since: number | undefined = clock.elapsed()
  let timer = setTimeout(look, limitMs)

  function look() {
    const silentMs = since === undefined ? 0 : clock.elapsed() - since
    if (silentMs < limitMs) timer = setTimeout(look, limitMs - silentMs)
    else stalled(stall(limitMs, began))
  }

  return {
    heard() {
      since = undefined
      if (began) return
      began = true
      limitMs = idleMs
      clearTimeout(timer)
      timer = setTimeout(look, limitMs)
    },
    wait() {
      since = clock.elapsed()
    },
    stop: () => clearTimeout(timer),
  }
}

function stall(limitMs: number, began: boolean): AstraError {
  const detail = `The model sent nothing for ${limitMs / 1000} s`
  return new AstraError('upstream_stalled', { detail, reason: `${detail} (limits.${began ? 'idle' : 'firstByte'})` })
}
