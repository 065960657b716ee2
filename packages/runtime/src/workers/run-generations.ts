import type { GenerationRequest, TextModel } from '../models/text-model.ts'
import { failureOf } from './failure.ts'
import type { GenerationMessage } from './messages.ts'

/** The worker's half of generations. */
export interface Generations {
  begin(id: number, request: GenerationRequest): void
  cancel(id: number): void
}

/** Every generation that is begun is ended by one message that is no piece. */
export function runGenerations(
  model: TextModel,
  say: (message: GenerationMessage) => void,
  rssBytes: () => number | undefined,
): Generations {
  const running = new Map<number, AbortController>()

  async function run(id: number, request: GenerationRequest, { signal }: AbortController): Promise<void> {
    try {
      const generated = await model.generate(request, (piece) => say({ type: 'piece', id, piece }), signal)
      say({ type: 'generated', id, generated, rssBytes: rssBytes() })
    } catch (error) {
      say({ type: 'not-generated', id, ...failureOf(error) })
    } finally {
      running.delete(id)
    }
  }

  return {
    begin(id, request) {
      const controller = new AbortController()
      running.set(id, controller)
      void run(id, request, controller)
    },
    cancel: (id) => running.get(id)?.abort(new Error('nobody waits for it any more')),
  }
}
