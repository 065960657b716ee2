import { Client, Pool } from 'undici'
import type { AttemptSignal } from '../../kernel/attempt-signal.ts'
import { connectionOptions, parseAddress } from '../http/address.ts'
import { exchange } from '../http/exchange.ts'
import { exchangeStream, type StreamedReply } from '../http/exchange-stream.ts'
import type { Closable } from '../http/places.ts'
import type { Reply } from '../http/reply.ts'
import { type BinaryKnowledge, createBinaryKnowledge } from './binary-knowledge.ts'

/** A server of the protocol at one address. */
export interface Upstream extends Closable {
  /** As the manifest names it. */
  readonly replica: string
  /** `path` from /v2 on; a body makes it a POST. Rejects with AstraErrors, or with the signal's reason once it aborts. */
  send(path: string, body: string | Uint8Array | undefined, headers: string[], signal: AttemptSignal): Promise<Reply>
  /** As `send`, of a request that takes as long as a text is written. */
  generate(path: string, body: string, headers: string[], signal: AttemptSignal): Promise<Reply>
  /** Resolves with the response's beginning, whatever its status. */
  stream(path: string, body: string, headers: string[], signal: AttemptSignal): Promise<StreamedReply>
  /** A GET on a connection of its own, so that it waits behind no call. */
  probe(path: string, signal: AttemptSignal): Promise<Probed>
  readonly binary: BinaryKnowledge
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
/** Those of generations are their own: they last for long, and mostly wait. */
const generationsMax = 1024

/** Opens `http://host:port`, `https://…` or `unix:/path.sock`, lazily. Throws `invalid_manifest` for anything else. */
export function openUpstream(replica: string, address: string, bodyBytesMax: number): Upstream {
  const at = parseAddress(replica, address)
  const options = connectionOptions(at)
  const calls = new Pool(at.origin, { ...options, connections: connectionsMax })
  const generations = new Pool(at.origin, { ...options, connections: generationsMax })
  const probes = new Client(at.origin, options)
  let connection = 0
  probes.on('connect', () => connection++)
  const below = (path: string, body: string | Uint8Array | undefined, headers: string[]) => {
    return { path: at.base + path, body, headers }
  }
  const send: Upstream['send'] = (path, body, headers, signal) =>
    exchange(calls, below(path, body, headers), bodyBytesMax, signal)
  const binary = createBinaryKnowledge((signal) => send('/v2', undefined, [], signal))
  // With no connection left, another server may stand there by the next call.
  const lookAgain = () => {
    if (calls.stats.connected === 0) binary.forget()
  }
  calls.on('disconnect', lookAgain)
  calls.on('connectionError', lookAgain)
  return {
    replica,
    binary,
    send,
    generate: (path, body, headers, signal) => exchange(generations, below(path, body, headers), bodyBytesMax, signal),
    stream: (path, body, headers, signal) => exchangeStream(generations, below(path, body, headers), signal),
    probe: async (path, signal) => {
      const reply = await exchange(probes, below(path, undefined, []), bodyBytesMax, signal)
      return { reply, connection }
    },
    async release() {
      await Promise.all([calls.close(), generations.close(), probes.close()])
    },
    async close() {
      await Promise.all([calls.destroy(), generations.destroy(), probes.destroy()])
    },
  }
}
