import { isIP } from 'node:net'

/** The runtime that the gateway itself supervises. */
export const embeddedReplica = 'embedded'

/**
 * Where a replica may be: `embedded`, `http(s)://host[:port]` or `unix:/path.sock`. Addresses come from the manifest only, never
 * from callers; the cloud's metadata addresses are refused all the same, as no model lives there. Undefined when it is fine.
 */
export function replicaFault(address: string): string | undefined {
  if (address === embeddedReplica) return undefined
  if (address.startsWith('unix:')) return address.startsWith('unix:/') ? undefined : 'must be unix:/absolute/path.sock'
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (!url || !['http:', 'https:'].includes(url.protocol))
    return 'must be "embedded", http(s)://host:port or unix:/path.sock'
  if (url.username || url.password) return 'must hold no credentials'
  if (url.pathname !== '/' || url.search || url.hash) return 'must be an origin only, without a path'
  return linkLocal(url.hostname) ? 'is a link-local address, where clouds keep their metadata' : undefined
}

function linkLocal(hostname: string): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase()
  if (isIP(host) === 4) return host.startsWith('169.254.')
  return isIP(host) === 6 && (/^fe[89ab]/.test(host) || /^::ffff:(169\.254\.|a9fe:)/.test(host))
}
