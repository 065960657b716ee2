import type { Generated, GenerationRequest, Piece } from '../models/text-model.ts'
import { errorOf } from './failure.ts'
import type { FrontMessage, GenerationMessage } from './messages.ts'

/** The front's half of generations: those that a worker was asked for and has not ended. */
export interface AskedGenerations {
  /** Settles when the worker is done with it, cancelled or not. */
  ask(request: GenerationRequest, onPiece: (piece: Piece) => void, signal: AbortSignal): Promise<Generated>
  hear(message: GenerationMessage): void
  failAll(error: Error): void
  count(): number
}

interface Asked extends PromiseWithResolvers<Generated> {
  readonly onPiece: (piece: Piece) => void
}

export function createAskedGenerations(say: (message: FrontMessage) => void): AskedGenerations {
  const asked = new Map<number, Asked>()
  let last = 0

  function take(id: number): Asked | undefined {
    const one = asked.get(id)
    asked.delete(id)
    return one
  }

  return {
    async ask(request, onPiece, signal) {
      signal.throwIfAborted()
      const id = ++last
      const one: Asked = { onPiece, ...Promise.withResolvers<Generated>() }
      // Said first: what cannot be said is the caller's error.
      say({ type: 'generate', id, request })
      asked.set(id, one)
      const cancel = () => say({ type: 'cancel', id })
      signal.addEventListener('abort', cancel)
      try {
        return await one.promise
      } finally {
        signal.removeEventListener('abort', cancel)
      }
    },
    hear(message) {
      const { id } = message
      if (message.type === 'piece') asked.get(id)?.onPiece(message.piece)
      else if (message.type === 'generated') take(id)?.resolve(message.generated)
      else take(id)?.reject(errorOf(message))
    },
    failAll(error) {
      for (const id of [...asked.keys()]) take(id)?.reject(error)
    },
    count: () => asked.size,
  }
}
