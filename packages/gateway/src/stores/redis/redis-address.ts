import { isIP } from 'node:net'
import { Secret } from '../../kernel/secret.ts'

/** Where Redis is, as an operator writes it in one line. */
export interface RedisAddress {
  readonly nodes: readonly { readonly host: string; readonly port: number }[]
  readonly cluster: boolean
  readonly tls: boolean
  readonly username: string | undefined
  readonly password: Secret | undefined
  readonly database: number
}

const schemes: Readonly<Record<string, { readonly tls: boolean; readonly cluster: boolean }>> = {
  redis: { tls: false, cluster: false },
  rediss: { tls: true, cluster: false },
  valkey: { tls: false, cluster: false },
  valkeys: { tls: true, cluster: false },
  'redis+cluster': { tls: false, cluster: true },
  'rediss+cluster': { tls: true, cluster: true },
  'valkey+cluster': { tls: false, cluster: true },
  'valkeys+cluster': { tls: true, cluster: true },
}

const shape = /^([a-z+]+):\/\/(?:([^@/]*)@)?([^@/?#]+)(?:\/(\d{0,4}))?$/
const defaultPort = 6379

/**
 * Reads "redis://user:password@host:6379/0", "rediss://…" (TLS), or of a cluster "redis+cluster://host:port,host:port". Several
 * hosts are a cluster's. What it refuses is never quoted, since it holds the password.
 */
export function parseRedisAddress(url: Secret): RedisAddress {
  const [, name = '', user, hosts = '', database = ''] = shape.exec(url.reveal().trim()) ?? []
  const scheme = schemes[name]
  if (!scheme) {
    throw refused(
      'write it as redis://host:6379, rediss://user:password@host:6379/0 or redis+cluster://host:6379,host:6379',
    )
  }
  const nodes = hosts.split(',').map(nodeOf)
  const cluster = scheme.cluster || nodes.length > 1
  if (cluster && Number(database) > 0) throw refused('a Redis Cluster has database 0 only')
  const colon = user?.indexOf(':') ?? -1
  const username = colon < 0 ? user : user?.slice(0, colon)
  const password = colon < 0 ? undefined : user?.slice(colon + 1)
  return {
    nodes,
    cluster,
    tls: scheme.tls,
    username: username ? decoded(username) : undefined,
    password: password ? new Secret(decoded(password)) : undefined,
    database: Number(database),
  }
}

function nodeOf(text: string): { host: string; port: number } {
  const [, bracketed, plain, port = String(defaultPort)] =
    /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const host = bracketed ?? plain
  if (!host || (bracketed && isIP(bracketed) !== 6)) throw refused('one of its hosts cannot be read')
  const number = Number(port)
  if (number < 1 || number > 65535) throw refused('a port lies between 1 and 65535')
  return { host, port: number }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw refused('its user or password is not percent-encoded')
  }
}

function refused(why: string): Error {
  return new Error(`The address of Redis cannot be read: ${why}`)
}
