import type { Redis } from 'ioredis'
import { type CacheEntry, type CacheStore, purgedText } from '../../kernel/cache.ts'
import { AstraError } from '../../kernel/errors.ts'
import type { RedisConnection } from './connection.ts'
import { operatorText, RedisFault } from './redis-fault.ts'

/** Before every key, so that others may use the same Redis. */
const prefix = 'astra:cache:'
/** Keys that one step of a purge looks at. */
const scanCount = 1000
/** ms since the Unix epoch as a double, before the answer's own bytes. */
const headBytes = 8
/** Each is a key and a few words beside it. */
const doubtfulMax = 10_000

/** What was added under a key, unless it is another's by now. */
const removeScript = `if redis.call('get', KEYS[1]) == ARGV[1] then redis.call('unlink', KEYS[1]) end`

interface Added {
  readonly key: string
  readonly bytes: Buffer
}

/**
 * Answers in Redis, for every gateway that shares it; how many bytes they may take is Redis' own to bound (`maxmemory`). Nothing is tried
 * again: what cannot be looked up within the command timeout is a miss, what cannot be written is not kept, and both are counted.
 *
 * What is added is its adder's to delete. One who gave up waiting never does, so it is deleted here: as soon as Redis says late that it
 * was added, or, where its answer got lost, when Redis works again.
 */
export function redisCache(redis: RedisConnection): CacheStore {
  let failures = 0
  const missed = () => {
    failures++
    return undefined
  }
  let doubtful: Added[] = []
  const remove = ({ key, bytes }: Added) =>
    void redis.send((client) => client.eval(removeScript, 1, prefix + key, bytes)).catch(missed)
  const takeBack = (added: Added, thrown: unknown) => {
    if (!(thrown instanceof RedisFault) || !thrown.sent) return
    const doubt = () => {
      if (doubtful.length < doubtfulMax) doubtful.push(added)
    }
    if (thrown.late) thrown.late.then((said) => said === 'OK' && remove(added), doubt)
    else doubt()
  }
  redis.onWorking(() => {
    const all = doubtful
    doubtful = []
    for (const added of all) remove(added)
  })
  const add = async (key: string, bytes: Buffer, keepMs: number) => {
    try {
      return (await redis.send((client) => client.set(prefix + key, bytes, 'PX', wholeMs(keepMs), 'NX'))) === 'OK'
    } catch (thrown) {
      takeBack({ key, bytes }, thrown)
      return missed()
    }
  }
  return {
    get: (key) => redis.send((client) => client.getBuffer(prefix + key)).then(entryOf, missed),
    set(key, entry, keepMs) {
      void redis.send((client) => client.set(prefix + key, bytesOf(entry), 'PX', wholeMs(keepMs))).catch(missed)
    },
    add: (key, entry, keepMs) => add(key, bytesOf(entry), keepMs),
    delete(key) {
      void redis.send((client) => client.unlink(prefix + key)).catch(missed)
    },
    async purge(what) {
      try {
        return await purge(redis, prefix + purgedText(what))
      } catch (thrown) {
        throw new AstraError('store_unavailable', {
          detail: 'The shared cache cannot be reached just now: what it holds may not all be gone',
          retryAfterMs: 1000,
          reason: operatorText(thrown),
        })
      }
    },
    status: () => ({ entries: undefined, bytes: undefined, failures, fault: redis.fault() }),
    // The connection is whose it is.
    close: async () => undefined,
  }
}

/** Every node that has keys of its own is looked through, a part at a time, so that it goes on answering others. */
async function purge(redis: RedisConnection, begin: string): Promise<number> {
  const nodes = await redis.send(async (client) => ('nodes' in client ? client.nodes('master') : [client]))
  const gone = await Promise.all(nodes.map((node) => purgeNode(redis, node, begin)))
  return gone.reduce((sum, count) => sum + count, 0)
}

async function purgeNode(redis: RedisConnection, node: Redis, begin: string): Promise<number> {
  let gone = 0
  let cursor = '0'
  do {
    const scan = () => node.scan(cursor, 'MATCH', `${escaped(begin)}*`, 'COUNT', scanCount)
    const [next, keys] = await redis.send(scan)
    // One by one: in a cluster keys of several slots cannot be named in one command.
    const counts = await redis.send(() => Promise.all(keys.map((key) => node.unlink(key))))
    gone += counts.reduce((sum, count) => sum + count, 0)
    cursor = next
  } while (cursor !== '0')
  return gone
}

/** As Redis' patterns have it. */
function escaped(text: string): string {
  return text.replaceAll(/[*?[\]\\]/g, '\\$&')
}

function bytesOf({ bytes, storedAt }: CacheEntry): Buffer {
  const head = Buffer.alloc(headBytes)
  head.writeDoubleBE(storedAt)
  return Buffer.concat([head, bytes])
}

function entryOf(said: Buffer | null): CacheEntry | undefined {
  if (!said || said.length < headBytes) return undefined
  return { storedAt: said.readDoubleBE(0), bytes: said.subarray(headBytes) }
}

/** Redis takes no fraction, and no 0. */
function wholeMs(ms: number): number {
  return Math.max(1, Math.ceil(ms))
}
