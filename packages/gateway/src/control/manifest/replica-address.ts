import { BlockList, isIP } from 'node:net'

/** The runtime that the gateway itself supervises. */
export const embeddedReplica = 'embedded'

/** Where clouds keep their metadata; IPv4 mapped into IPv6 is seen through. */
const linkLocal = new BlockList()
linkLocal.addSubnet('169.254.0.0', 16, 'ipv4')
linkLocal.addSubnet('fe80::', 10, 'ipv6')

/**
 * Why a replica cannot be there; undefined when it can: `embedded`, `http(s)://host[:port]` or `unix:/path.sock`. Addresses
 * come from the manifest only, never from callers; link-local ones are refused all the same, as no model lives there.
 */
export function replicaFault(address: string): string | undefined {
  if (address === embeddedReplica) return undefined
  if (address.startsWith('unix:')) return address.startsWith('unix:/') ? undefined : 'must be unix:/absolute/path.sock'
  const url = URL.parse(address)
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    return 'must be "embedded", http(s)://host:port or unix:/path.sock'
  }
  if (url.username || url.password) return 'must hold no credentials'
  if (url.pathname !== '/' || url.search || url.hash) return 'must be an origin only, without a path'
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const family = isIP(host)
  if (family === 0 || !linkLocal.check(host, family === 4 ? 'ipv4' : 'ipv6')) return undefined
  return 'is a link-local address, where clouds keep their metadata'
}
