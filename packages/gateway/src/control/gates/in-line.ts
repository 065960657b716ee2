import { AstraError } from '../../kernel/errors.ts'

/** Who waits keeps a request open, for as long as those before it take. */
const waitingMax = 4

/** One at a time: gates of two manifests at once would measure each other's load. Rejects with `conflict` where too many wait already. */
export function inLine(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  let present = 0
  return async (work) => {
    if (present > waitingMax) {
      const detail = 'Gates of other manifests are being run, and more wait for them'
      throw new AstraError('conflict', { detail, next: 'Apply again when they are done.' })
    }
    present++
    const turn = last.then(work, work)
    last = turn.catch(() => undefined)
    try {
      return await turn
    } finally {
      present--
    }
  }
}
