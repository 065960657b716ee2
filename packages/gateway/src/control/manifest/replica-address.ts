import { BlockList, isIP } from 'node:net'
import { didYouMean } from '../../kernel/schema/nearest.ts'

/** The runtime that the gateway itself supervises. */
export const embeddedReplica = 'embedded'

/** Where clouds keep their metadata; IPv4 mapped into IPv6 is seen through, by whichever of the ways to do so. */
const linkLocal = new BlockList()
linkLocal.addSubnet('169.254.0.0', 16, 'ipv4')
linkLocal.addSubnet('fe80::', 10, 'ipv6')
linkLocal.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6')
linkLocal.addSubnet('::a9fe:0', 112, 'ipv6')
linkLocal.addSubnet('2002:a9fe::', 32, 'ipv6')
linkLocal.addAddress('fd00:ec2::254', 'ipv6')
linkLocal.addAddress('100.100.100.200', 'ipv4')

const forms = '"embedded", http(s)://host:port/path, dns+http(s)://name:port/path or unix:/path.sock'

export interface ReplicaFault {
  readonly message: string
  readonly suggestion?: string
}

/**
 * Why a replica cannot be there; undefined when it can: `embedded`, `http(s)://host[:port][/path]`, `unix:/path.sock`, or a name
 * that resolves to addresses, `dns+http(s)://name[:port][/path]`. They come from whoever operates the gateway, never from callers;
 * link-local ones are refused all the same, as no model lives there.
 */
export function replicaFault(entry: string): ReplicaFault | undefined {
  if (entry === embeddedReplica) return undefined
  if (entry.startsWith('unix:')) {
    return entry.startsWith('unix:/') ? undefined : { message: 'must be unix:/absolute/path.sock' }
  }
  const url = urlOf(entry)
  if (!url) return { message: `must be ${forms}`, ...hint(entry) }
  if (url.username || url.password) return { message: 'must hold no credentials' }
  // Also an empty one: "http://host/v1?" ends in what no request could go on from.
  if (/[?#]/.test(entry)) return { message: 'must end with its path: no "?" and no "#"' }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  if (isLinkLocal(host)) return { message: 'is a link-local address, where clouds keep their metadata' }
  if (isIP(host) === 0 || !entry.startsWith(dnsPrefix)) return undefined
  const plain = entry.slice(dnsPrefix.length)
  return { message: 'is an address already: there is no name to look up', suggestion: `Write "${plain}".` }
}

/**
 * One spelling for an address, so that a process is not taken for two: `HTTP://Host:1/v1/` is `http://host:1/v1`. What is no address
 * stays as it is.
 */
export function plainReplica(entry: string): string {
  const url = replicaFault(entry) ? undefined : urlOf(entry)
  if (!url) return entry
  return `${entry.startsWith(dnsPrefix) ? dnsPrefix : ''}${url.origin}${pathOf(url)}`
}

/** A name that stands for all the addresses that it resolves to. */
export interface ReplicaName {
  readonly host: string
  /** The replica at one of its addresses, an IPv6 one in brackets. */
  at(ip: string): string
}

/** `dns+http://models.example:8000`, taken apart; undefined for an entry that is an address itself. */
export function replicaName(entry: string): ReplicaName | undefined {
  const url = entry.startsWith(dnsPrefix) ? urlOf(entry) : undefined
  if (!url) return undefined
  const port = url.port === '' ? '' : `:${url.port}`
  const at = (ip: string) => `${url.protocol}//${isIP(ip) === 6 ? `[${ip}]` : ip}${port}${pathOf(url)}`
  return { host: url.hostname, at }
}

/** Without the slash at its end, as paths are put behind it. */
function pathOf(url: URL): string {
  return url.pathname.replace(/\/+$/, '')
}

/** Also when it names the network interface: fe80::1%eth0. */
export function isLinkLocal(ip: string): boolean {
  const [bare = ''] = ip.split('%')
  const family = isIP(bare)
  return family !== 0 && linkLocal.check(bare, family === 4 ? 'ipv4' : 'ipv6')
}

const dnsPrefix = 'dns+'

function urlOf(entry: string): URL | undefined {
  const url = URL.parse(entry.startsWith(dnsPrefix) ? entry.slice(dnsPrefix.length) : entry)
  return url && ['http:', 'https:'].includes(url.protocol) ? url : undefined
}

/** What was most likely meant: a word, a scheme, or no scheme at all. */
function hint(entry: string): Pick<ReplicaFault, 'suggestion'> {
  const [, scheme = '', rest] = /^([^/]*):\/\/(.*)$/.exec(entry) ?? []
  if (rest === undefined) {
    return /^[\w.-]+:\d+$/.test(entry)
      ? { suggestion: `Did you mean "http://${entry}"?` }
      : didYouMean(entry, [embeddedReplica])
  }
  if (scheme === 'dns') return { suggestion: `Did you mean "dns+http://${rest}"?` }
  return didYouMean(scheme, ['http', 'https', 'dns+http', 'dns+https'])
}
