import type { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'

/**
 * `written`: the response, or the socket beneath it, whichever was written to. Resolves when the reader has taken what was written, or
 * has gone. One that takes nothing for `stallMs` is gone: its connection is closed, or its call would hold a place in flight up to its
 * time limit, and what was written be held for ever.
 */
export function drained(response: ServerResponse, written: EventEmitter, stallMs = 30_000): Promise<void> | undefined {
  if (response.destroyed) return undefined
  return new Promise((resolve) => {
    const stalled = setTimeout(() => response.destroy(), stallMs).unref()
    const go = () => {
      clearTimeout(stalled)
      written.off('drain', go)
      response.off('close', go)
      resolve()
    }
    written.on('drain', go)
    response.on('close', go)
  })
}
