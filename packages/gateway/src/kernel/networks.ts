import { BlockList, isIP } from 'node:net'

/** Addresses and networks, as keys and trusted proxies name them. */
export interface Networks {
  /** False for what is no address. An IPv4 address in an IPv6 one (::ffff:10.0.0.1) is that IPv4 address. */
  has(address: string): boolean
}

/** "10.0.0.7", "10.0.0.0/8", "2001:db8::/32". */
export function isNetwork(text: string): boolean {
  const [address = '', prefix, ...more] = text.split('/')
  const bits = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0
  // A zone (fe80::1%eth0) means something on one machine only.
  if (bits === 0 || more.length > 0 || address.includes('%')) return false
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits)
}

/** Of texts that are networks. */
export function networksOf(texts: readonly string[]): Networks {
  const list = new BlockList()
  for (const text of texts) {
    const [address = '', prefix] = text.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  return {
    has(address) {
      const version = isIP(address)
      return version !== 0 && list.check(address, version === 6 ? 'ipv6' : 'ipv4')
    },
  }
}
