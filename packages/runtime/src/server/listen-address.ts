import { lstat, rm } from 'node:fs/promises'
import { type AddressInfo, connect } from 'node:net'
import { StartupError, systemCode } from './startup-error.ts'

/** Where to listen, as Node's `listen` takes it. */
export type ListenAddress = { readonly path: string } | { readonly host: string; readonly port: number }

/** Reads `host:port`, `[ipv6]:port` or `unix:/path.sock`. Port 0 stands for a free one. Throws StartupError. */
export function parseListenAddress(address: string): ListenAddress {
  if (address.startsWith('unix:/')) return { path: address.slice('unix:'.length) }
  const match = /^(?:\[(?<ipv6>[0-9a-fA-F:.]+)\]|(?<host>[^:[\]/]+)):(?<port>\d{1,5})$/.exec(address)
  const host = match?.groups?.ipv6 ?? match?.groups?.host
  const port = Number(match?.groups?.port)
  if (host === undefined || port > 65_535) {
    throw new StartupError(`Cannot listen on '${address}': write it as 127.0.0.1:8000, [::1]:8000 or unix:/path.sock`)
  }
  return { host, port }
}

/** What a server is bound to, in the form that `parseListenAddress` reads. */
export function formatListenAddress(bound: AddressInfo | string | null): string {
  if (bound === null) throw new Error('The server does not listen')
  if (typeof bound === 'string') return `unix:${bound}`
  return bound.family === 'IPv6' ? `[${bound.address}]:${bound.port}` : `${bound.address}:${bound.port}`
}

/** A process that was killed leaves its socket file behind, which would keep the next one from listening. */
export async function removeStaleSocket(address: ListenAddress): Promise<void> {
  if (!('path' in address)) return
  const { path } = address
  // Only ever a socket is removed: a connection to any other file is refused just the same.
  const isSocket = await lstat(path).then(
    (stats) => stats.isSocket(),
    () => false,
  )
  if (isSocket && (await refusesConnections(path))) await rm(path, { force: true })
}

function refusesConnections(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('error', (error) => resolve(systemCode(error) === 'ECONNREFUSED'))
    socket.once('connect', () => {
      socket.destroy()
      resolve(false)
    })
  })
}

const ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE: 'it is in use; stop what listens there, or choose another with --listen',
  // Node reports a missing folder as EACCES, too.
  EACCES: 'this user may not; choose a port above 1023, or a folder that exists and is writable, with --listen',
  EADDRNOTAVAIL: 'this machine has no such address; choose one that it has with --listen, such as 127.0.0.1:8000',
  ENOTFOUND: 'the host name is not known; choose another address with --listen, such as 127.0.0.1:8000',
  EINVAL: 'the path is not valid, perhaps longer than about 100 bytes; choose a shorter one with --listen',
}

export function cannotListen(address: string, error: unknown): StartupError {
  const reason = error instanceof Error ? error.message : String(error)
  return new StartupError(`Cannot listen on ${address}: ${ADVICE[systemCode(error) ?? ''] ?? reason}`, { cause: error })
}
