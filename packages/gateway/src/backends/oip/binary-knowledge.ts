import type { AttemptSignal } from '../../kernel/attempt-signal.ts'
import type { Reply } from '../http/reply.ts'

/** Whether a server takes and gives tensors in binary, as it says itself at /v2. */
export interface BinaryKnowledge {
  /** Undefined while nobody knows. */
  readonly spoken: boolean | undefined
  /** Asks. Rejects as asking does. */
  learn(signal: AttemptSignal): Promise<boolean>
  /** Asks for whoever comes next: waits for nothing, reports no failure. */
  learnLater(): void
  forget(): void
}

const learnMs = 5000

export function createBinaryKnowledge(ask: (signal: AttemptSignal) => Promise<Reply>): BinaryKnowledge {
  let spoken: boolean | undefined
  let learning = false

  async function learn(signal: AttemptSignal): Promise<boolean> {
    const reply = await ask(signal)
    // A server in trouble tells nothing about itself.
    if (reply.status < 500) spoken = reply.status === 200 && offersBinary(reply)
    return spoken ?? false
  }

  return {
    get spoken() {
      return spoken
    },
    learn,
    learnLater() {
      if (learning) return
      learning = true
      const done = () => {
        learning = false
      }
      learn(AbortSignal.timeout(learnMs)).then(done, done)
    },
    forget() {
      spoken = undefined
    },
  }
}

function offersBinary({ body }: Reply): boolean {
  try {
    const { extensions } = JSON.parse(body.toString())
    return Array.isArray(extensions) && extensions.includes('binary_tensor_data')
  } catch {
    return false
  }
}
