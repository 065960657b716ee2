import { randomUUID } from 'node:crypto'
import { isIP } from 'node:net'
import { Cluster, Redis } from 'ioredis'
import type { Secret } from '../../kernel/secret.ts'
import type { StoreLog } from '../record-queue.ts'
import { parseRedisAddress, type RedisAddress } from './redis-address.ts'
import { operatorText, RedisFault } from './redis-fault.ts'

export type RedisClient = Redis | Cluster

export interface RedisConnection {
  readonly cluster: boolean
  /**
   * Runs commands, all those of one turn of the event loop in one write. Rejects with a `RedisFault`: at once where there is no
   * connection, else within the command timeout. Nothing waits for a connection, and nothing is sent twice. What comes too late
   * is told by the fault's `late`.
   */
  send<T>(commands: (client: RedisClient) => Promise<T>): Promise<T>
  /** Called whenever it works (again), and when a single server is found to have lost what it held. */
  onWorking(listener: () => void): void
  /** Not working: why, in words for operators; undefined when all is well. */
  fault(): string | undefined
  close(): Promise<void>
}

export interface RedisConnectionOptions {
  readonly log?: StoreLog | undefined
  /** A command without an answer for so long has failed. Default 200. */
  readonly commandTimeoutMs?: number | undefined
}

const commandTimeoutDefaultMs = 200
const connectTimeoutMs = 2000
const handshakeTimeoutMs = 5000
const pauseFirstMs = 50
const pauseLongestMs = 1000
const probeEveryMs = 1000
/** Far longer than a process may be held up. */
const markMs = 600_000
/** Commands without an answer; more are refused, since a server that stalls would collect them. */
const waitingMax = 20_000

/**
 * One connection to Redis (or Valkey), or to each node of a cluster. It is opened in the background and again for as long as it
 * takes: a start never waits for it, and neither does a call. A command that fails is not sent again, as nobody knows whether
 * it ran. A server that stops answering is dropped after twice the command timeout, so that what comes next fails at once.
 */
export function openRedis(url: Secret, options: RedisConnectionOptions = {}): RedisConnection {
  const commandTimeoutMs = options.commandTimeoutMs ?? commandTimeoutDefaultMs
  const address = parseRedisAddress(url)
  const client = address.cluster ? clusterClient(address) : nodeClient(address)
  const suspect = dropStalled(client, commandTimeoutMs)
  const cork = corkPerTurn(client)
  let fault: string | undefined = 'not connected yet'
  let open = false
  let told = false
  const listeners: (() => void)[] = []
  let waiting = 0

  function failed(why: string): void {
    fault = why
    if (told) return
    told = true
    options.log?.warn({ reason: why }, 'Redis cannot be reached')
  }
  function worked(emptied = false): void {
    if (fault === undefined && !emptied) return
    fault = undefined
    if (emptied) options.log?.warn({}, 'Redis has lost what it held')
    for (const listener of listeners) listener()
    if (told) options.log?.info({}, 'Redis answers again')
    told = false
  }

  async function send<T>(commands: (client: RedisClient) => Promise<T>): Promise<T> {
    if (!open) throw new RedisFault(fault ?? 'not connected', false)
    if (waiting >= waitingMax) {
      failed('too many commands wait for an answer')
      throw new RedisFault('too many commands wait for an answer', false)
    }
    waiting += 1
    cork()
    const running = commands(client).finally(() => (waiting -= 1))
    try {
      return await inTime(running, commandTimeoutMs)
    } catch (thrown) {
      const late = thrown instanceof TooLate
      const why = operatorText(thrown)
      failed(why)
      if (late) suspect()
      throw new RedisFault(why, true, late ? running : undefined)
    }
  }

  client.on('ready', async () => {
    if (client instanceof Cluster) await Promise.all(client.nodes('master').map(connected))
    open = client.status === 'ready'
    if (open) worked()
  })
  client.on('error', (error: unknown) => failed(operatorText(error)))
  client.on('close', () => {
    open = false
    failed(fault ?? 'the connection was closed')
  })
  // Nodes connect on their first command, and refuse the second one until they have.
  client.on('+node', (node: Redis) => void connected(node))
  // It may have come back between two probes, and without its data: whoever listens for that has to be told.
  client.on('-node', () => open && failed('the connection to a node was closed'))
  // Only a probe says that a fault is over, so that a cluster of which one node is down does not say so with every call.
  const mark = `astra:probe:${randomUUID()}`
  let marked = false
  const probed = (found: boolean) => {
    worked(marked && !found)
    marked = true
  }
  const probing = setInterval(() => {
    if (open) void send((client) => probe(client, mark)).then(probed, () => {})
  }, probeEveryMs)
  probing.unref()
  client.connect().catch(() => {})

  return {
    cluster: address.cluster,
    send,
    onWorking: (listener) => void listeners.push(listener),
    fault: () => fault,
    async close() {
      clearInterval(probing)
      client.removeAllListeners('close')
      client.removeAllListeners('-node')
      client.disconnect()
    },
  }
}

class TooLate extends Error {
  override readonly message = 'Command timed out'
}

const slices = 4
/** Of which so many may come late and not count. */
const slicesMax = 12

/**
 * Rejects with `TooLate` when there is no result in time. Time is counted in slices, without those that end late, and judged after sockets
 * were read: while this process itself is busy, say with a large body, time passes that is not the server's, and its answer lies there unread.
 */
function inTime<T>(running: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const sliceMs = timeoutMs / slices
    let ended = 0
    let counted = 0
    let since: number | undefined
    const end = () => {
      const now = performance.now()
      if (since === undefined || now - since < 2 * sliceMs) counted++
      since = now
      ended++
      if (counted < slices && ended < slicesMax) timer = setTimeout(end, sliceMs)
      else setImmediate(() => reject(new TooLate()))
    }
    let timer = setTimeout(end, sliceMs)
    running.finally(() => clearTimeout(timer)).then(resolve, reject)
  })
}

/**
 * Drops the connections to servers that stopped answering. To be called when one may have: each is asked for a sign of life, and has the
 * command timeout to give one.
 */
function dropStalled(client: RedisClient, timeoutMs: number): () => void {
  let looking = false
  const look = async (node: Redis) => {
    const { stream } = node
    const before = stream.bytesRead
    try {
      await inTime(node.ping(), timeoutMs)
    } catch (thrown) {
      // Long answers to others may have come first.
      if (thrown instanceof TooLate && stream.bytesRead === before) stream.destroy(thrown)
    }
  }
  return () => {
    if (looking) return
    looking = true
    const nodes = client instanceof Redis ? [client] : client.nodes('all')
    void Promise.all(nodes.filter(({ status }) => status === 'ready').map(look)).finally(() => {
      looking = false
    })
  }
}

/**
 * A write, since a server may be readable and no more: a replica, or one whose memory is full. Says whether what the one before has
 * written is there, since a server that was flushed breaks no connection.
 */
async function probe(client: RedisClient, mark: string): Promise<boolean> {
  if (client instanceof Redis) return (await client.set(mark, '1', 'PX', markMs, 'GET')) !== null
  const info = await client.cluster('INFO')
  if (!info.includes('cluster_state:ok')) throw new Error('the cluster does not serve all of its slots')
  return true
}

function connected(node: Redis): Promise<void> {
  if (node.status === 'ready' || node.status === 'end') return Promise.resolve()
  if (node.status === 'wait') node.connect().catch(() => {})
  return new Promise((resolve) => {
    node.once('ready', resolve)
    node.once('end', resolve)
  })
}

function nodeClient(address: RedisAddress): Redis {
  const [node] = address.nodes
  return new Redis({
    ...shared(address),
    ...node,
    db: address.database,
    enableOfflineQueue: false,
    retryStrategy: pauseMs,
    ...(address.tls ? { tls: serverName(node?.host) } : {}),
  })
}

function clusterClient(address: RedisAddress): Cluster {
  return new Cluster([...address.nodes], {
    lazyConnect: true,
    enableOfflineQueue: false,
    clusterRetryStrategy: pauseMs,
    // A call does not wait for a failover: its commands fail, and the slots are asked for again soon.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    slotsRefreshInterval: probeEveryMs,
    // A certificate is issued for the name.
    ...(address.tls ? { dnsLookup: (host, callback) => callback(null, host) } : {}),
    redisOptions: { ...shared(address), ...(address.tls ? { tls: {} } : {}) },
  })
}

/** For servers that choose their certificate by it; an address is not a name. */
function serverName(host = ''): { servername?: string } {
  return isIP(host) === 0 ? { servername: host } : {}
}

function shared({ username, password }: RedisAddress) {
  return {
    ...(username ? { username } : {}),
    ...(password ? { password: password.reveal() } : {}),
    lazyConnect: true,
    // For what is sent before a connection is ready. Not `commandTimeout`: its timers run before sockets are read.
    socketTimeout: handshakeTimeoutMs,
    connectTimeout: connectTimeoutMs,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectionName: 'astraapi',
  }
}

function pauseMs(failures: number): number {
  return Math.min(pauseFirstMs * 2 ** (failures - 1), pauseLongestMs)
}

/** Holds back what is written until the turn ends: one packet and one system call for many commands. */
function corkPerTurn(client: RedisClient): () => void {
  let corked: readonly Redis['stream'][] = []
  function uncork(): void {
    for (const stream of corked) stream.uncork()
    corked = []
  }
  return () => {
    if (corked.length > 0) return
    // Of a client that has not connected yet there is none, whatever its type says.
    const streams: readonly (Redis['stream'] | undefined)[] =
      client instanceof Redis ? [client.stream] : client.nodes('master').map(({ stream }) => stream)
    corked = streams.filter((stream) => stream !== undefined)
    for (const stream of corked) stream.cork()
    if (corked.length > 0) process.nextTick(uncork)
  }
}
