import { createHash } from 'node:crypto'
import type { RedisClient } from './connection.ts'

/** A script that Redis runs, all or nothing. */
export interface Script {
  readonly text: string
  readonly digest: string
}

export function scriptOf(text: string): Script {
  return { text, digest: createHash('sha1').update(text).digest('hex') }
}

/** By its digest; with its text where Redis does not know it (yet, or after a restart), which has then run nothing. */
export async function runScript(
  client: RedisClient,
  { text, digest }: Script,
  keys: readonly string[],
  values: readonly string[],
): Promise<unknown> {
  try {
    return await client.evalsha(digest, keys.length, ...keys, ...values)
  } catch (thrown) {
    if (!(thrown instanceof Error && thrown.message.startsWith('NOSCRIPT'))) throw thrown
    return await client.eval(text, keys.length, ...keys, ...values)
  }
}
