import { Pool } from 'undici'
import { connectionOptions, parseAddress } from '../http/address.ts'
import { exchange, type HttpRequest } from '../http/exchange.ts'
import { exchangeStream, type StreamedReply } from '../http/exchange-stream.ts'
import type { Closable } from '../http/places.ts'
import type { Reply } from '../http/reply.ts'

/** A vendor's server at one address; paths are below it. */
export interface VendorUpstream extends Closable {
  readonly replica: string
  whole(request: HttpRequest, signal: AbortSignal): Promise<Reply>
  stream(request: HttpRequest, signal: AbortSignal): Promise<StreamedReply>
}

/** Every stream holds a connection as long as it lasts. */
const connectionsMax = 4096

/** Lazily. Throws `invalid_manifest` for what is no address. */
export function openVendorUpstream(replica: string, bodyBytesMax: number): VendorUpstream {
  const address = parseAddress(replica, replica)
  const pool = new Pool(address.origin, { ...connectionOptions(address), connections: connectionsMax })
  const below = (request: HttpRequest) => ({ ...request, path: address.base + request.path })
  return {
    replica,
    whole: (request, signal) => exchange(pool, below(request), bodyBytesMax, signal),
    stream: (request, signal) => exchangeStream(pool, below(request), signal),
    release: () => pool.close(),
    close: () => pool.destroy(),
  }
}
