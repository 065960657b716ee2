import { Pool } from 'undici'
import type { AttemptSignal } from '../../kernel/attempt-signal.ts'
import { connectionOptions, parseAddress } from '../http/address.ts'
import { exchangeFor, type HttpRequest, type ReplyReader } from '../http/exchange.ts'
import { exchangeStream, type StreamedReply } from '../http/exchange-stream.ts'
import type { Closable } from '../http/places.ts'

/** A vendor's server at one address. */
export interface VendorUpstream extends Closable {
  readonly replica: string
  /** What paths begin with. */
  readonly base: string
  whole<T>(reader: ReplyReader<T>, request: HttpRequest, signal: AttemptSignal): Promise<T>
  stream(request: HttpRequest, signal: AttemptSignal): Promise<StreamedReply>
}

/** Every stream holds a connection as long as it lasts. */
const connectionsMax = 4096

/** Lazily. Throws `invalid_manifest` for what is no address. */
export function openVendorUpstream(replica: string, bodyBytesMax: number): VendorUpstream {
  const address = parseAddress(replica, replica)
  const pool = new Pool(address.origin, { ...connectionOptions(address), connections: connectionsMax })
  return {
    replica,
    base: address.base,
    whole: (reader, request, signal) => exchangeFor(reader, pool, request, bodyBytesMax, signal),
    stream: (request, signal) => exchangeStream(pool, request, signal),
    release: () => pool.close(),
    close: () => pool.destroy(),
  }
}
