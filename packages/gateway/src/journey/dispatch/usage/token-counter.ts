import { Worker } from 'node:worker_threads'

/** Counts tokens where upstream does not say how many it used. An estimate: every model has a vocabulary of its own. */
export interface TokenCounter {
  /** Of a text of which this is the beginning; `length` is that of the whole. Never rejects: a count that fails is rough. */
  count(text: string, length?: number): number | Promise<number>
}

/** More text than this is not looked at; what lies beyond is taken to be alike. */
export const sampleMax = 16_384
/** Counts that may wait for the worker, about 2 s in the worst case; past it they are rough. */
const waitingMax = 200

/**
 * Counts in a worker, made at first need: loading the vocabulary takes about 0.2 s and 70 MB, which no call is to wait for on the
 * main thread. Where the worker fails, counts are rough: a token for every four characters.
 */
export function createTokenCounter(module = new URL('./count-tokens.ts', import.meta.url)): TokenCounter {
  const waiting = new Map<number, { readonly text: string; readonly resolve: (tokens: number) => void }>()
  let worker: Worker | undefined
  let broken = false
  let asked = 0

  const settle = (id: number, tokens: number) => {
    waiting.get(id)?.resolve(tokens)
    waiting.delete(id)
    // The process may end while nobody waits.
    if (waiting.size === 0) worker?.unref()
  }
  const giveUp = () => {
    broken = true
    for (const [id, { text }] of waiting) settle(id, rough(text))
    worker = undefined
  }
  const begin = () => {
    const begun = new Worker(module, { name: 'token-counter' })
    begun.on('message', ([id, tokens]: readonly [number, number]) => settle(id, tokens))
    begun.on('error', giveUp)
    begun.on('exit', giveUp)
    return begun
  }
  const ask = (text: string): Promise<number> => {
    worker ??= begin()
    worker.ref()
    const id = ++asked
    const counted = new Promise<number>((resolve) => waiting.set(id, { text, resolve }))
    worker.postMessage([id, text])
    return counted
  }

  /** A worker may not even start: the process is out of threads, or of memory. */
  const askOrGiveUp = async (text: string): Promise<number> => {
    try {
      return await ask(text)
    } catch {
      giveUp()
      return rough(text)
    }
  }

  return {
    async count(text, length = text.length) {
      const sample = text.slice(0, sampleMax)
      if (sample === '') return 0
      const tokens = broken || waiting.size >= waitingMax ? rough(sample) : await askOrGiveUp(sample)
      return Math.ceil(tokens * (length / sample.length))
    },
  }
}

function rough(text: string): number {
  return text.length / 4
}
