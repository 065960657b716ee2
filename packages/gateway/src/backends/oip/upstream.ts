import { Client, Pool } from 'undici'
import { AstraError } from '../../kernel/errors.ts'
import { type BinaryKnowledge, createBinaryKnowledge } from './binary-knowledge.ts'
import { exchange } from './exchange.ts'
import type { Reply } from './reply.ts'

/** A server of the protocol at one address. */
export interface Upstream {
  /** As the manifest names it. */
  readonly replica: string
  /** `path` from /v2 on; a body makes it a POST. Rejects with AstraErrors, or with the signal's reason once it aborts. */
  send(path: string, body: string | Uint8Array | undefined, headers: string[], signal: AbortSignal): Promise<Reply>
  /** A GET on a connection of its own, so that it waits behind no call. */
  probe(path: string, signal: AbortSignal): Promise<Probed>
  readonly binary: BinaryKnowledge
  /** Takes no more, and closes the connections once they are idle. */
  release(): Promise<void>
  /** Ends what is still in flight. */
  close(): Promise<void>
}

export interface Probed {
  readonly reply: Reply
  /** Which connection for probes it came over, counted from 1: no process answers over one that was made to another. */
  readonly connection: number
}

/**
 * Every model at an address shares its connections: enough of them that one slow model does not hold up the others, and
 * few enough that a storm of calls does not turn into a storm of sockets.
 */
const connectionsMax = 256
const connectTimeoutMs = 5000
/** An idle connection is not kept longer, whatever the server offers: there may be hundreds of addresses. */
const keepAliveMaxMs = 60_000

/** Opens `http://host:port`, `https://…` or `unix:/path.sock`, lazily. Throws `invalid_manifest` for anything else. */
export function openUpstream(replica: string, address: string, bodyBytesMax: number): Upstream {
  const { url, socketPath } = parseAddress(replica, address)
  const options = {
    pipelining: 1,
    allowH2: false,
    connectTimeout: connectTimeoutMs,
    keepAliveMaxTimeout: keepAliveMaxMs,
    // The caller's signal limits the whole call.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: bodyBytesMax,
    ...(socketPath === undefined ? {} : { socketPath }),
  }
  const calls = new Pool(url.origin, { ...options, connections: connectionsMax })
  const probes = new Client(url.origin, options)
  let connection = 0
  probes.on('connect', () => connection++)
  const base = url.pathname.replace(/\/+$/, '')
  const binary = createBinaryKnowledge((signal) => exchange(calls, `${base}/v2`, undefined, [], signal))
  // With no connection left, another server may stand there by the next call.
  const lookAgain = () => {
    if (calls.stats.connected === 0) binary.forget()
  }
  calls.on('disconnect', lookAgain)
  calls.on('connectionError', lookAgain)
  return {
    replica,
    binary,
    send: (path, body, headers, signal) => exchange(calls, base + path, body, headers, signal),
    probe: async (path, signal) => {
      const reply = await exchange(probes, base + path, undefined, [], signal)
      return { reply, connection }
    },
    async release() {
      await Promise.all([calls.close(), probes.close()])
    },
    async close() {
      await Promise.all([calls.destroy(), probes.destroy()])
    },
  }
}

interface Address {
  readonly url: URL
  readonly socketPath?: string
}

function parseAddress(replica: string, address: string): Address {
  if (address.startsWith('unix:/'))
    return { url: new URL('http://localhost'), socketPath: address.slice('unix:'.length) }
  const url = URL.parse(address)
  if (url && (url.protocol === 'http:' || url.protocol === 'https:')) return { url }
  const message = `${replica} is not an address: use http://host:port, https://host:port, unix:/path.sock or embedded`
  throw new AstraError('invalid_manifest', { detail: message, violations: [{ path: 'replicas', message }] })
}
