import type { RedisConnection } from '../connection.ts'
import { RedisFault } from '../redis-fault.ts'

export interface LossyConnection extends RedisConnection {
  /** What becomes of the next commands: all is well, none are sent, or they run and their answers get lost. */
  fate: 'well' | 'unsent' | 'unanswered'
  /** Says that it works again. */
  recover(): void
}

/** A connection that fails on command. */
export function lossy(redis: RedisConnection): LossyConnection {
  const listeners: (() => void)[] = []
  return {
    ...redis,
    fate: 'well',
    async send(commands) {
      if (this.fate === 'unsent') throw new RedisFault('not connected', false)
      const answer = await redis.send(commands)
      if (this.fate === 'unanswered') throw new RedisFault('it does not answer in time', true)
      return answer
    },
    onWorking: (listener) => void listeners.push(listener),
    recover() {
      this.fate = 'well'
      for (const listener of listeners) listener()
    },
  }
}
