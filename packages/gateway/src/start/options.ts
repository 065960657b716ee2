import { isNetwork } from '../kernel/networks.ts'
import type { GivenFlags } from './command-line.ts'
import type { HintOptions } from './hints.ts'

/** How a gateway is started: the same names as flags (`--listen`) and in the environment (`ASTRA_LISTEN`). */
export interface StartOptions {
  /** host:port; port 0 takes a free one. */
  readonly listen: string
  /** host:port that alone serves management; left out, it is served beside the calls. */
  readonly adminListen?: string
  /** Addresses and networks of the proxies in front whose X-Forwarded-For is believed: "10.0.0.0/8,192.0.2.7". */
  readonly trustedProxies?: string
  /** Left out: no TLS. */
  readonly tls?: TlsFiles
  /** For `adminListen`; left out: as the calls have it. */
  readonly adminTls?: TlsFiles
  /** The data folder. */
  readonly data: string
  /** The manifest applied at start when it changed since it was last applied. */
  readonly config: string
  /** The model repository that the embedded runtime serves. */
  readonly models: string
  /** From ASTRA_ADMIN_KEY only, never a flag; else one is made once and kept in the data folder. */
  readonly adminKey?: string
  /** From ASTRA_REDIS_URL only, never a flag, as a password may stand in it. Left out: limits and cache are this gateway's own. */
  readonly redisUrl?: string
  /** Of answers kept in memory: bytes, or with MiB or GiB. Left out: 256 MiB. */
  readonly cacheBytes?: string
  /** Of payloads kept in the store: bytes, or with MiB or GiB. Left out: 4 GiB. */
  readonly captureBytes?: string
  /** How often experiments are evaluated: "10s", "500ms". Left out: 10 s. */
  readonly experimentsEvery?: string
  /** Where people read; tests collect it. */
  readonly print?: (line: string) => void
  /** Left out: no hints at language models that could be added. */
  readonly hints?: HintOptions
  /** So that commands that are shown lead to this gateway. */
  readonly flags?: GivenFlags
  /** Log level of pino; "silent" in tests. */
  readonly logLevel?: string
  /** Gives the start up; the gateway's own end is `Gateway.stop`. */
  readonly signal?: AbortSignal
  /** How long a stop waits for the calls in flight; 30 s. */
  readonly drainMs?: number
}

/** Paths of PEM files: a certificate with its chain, and its private key. */
export interface TlsFiles {
  readonly cert: string
  readonly key: string
}

/** A start that cannot succeed, in words for the person who started it: what is wrong and what to do. */
export class StartError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StartError'
  }
}

export interface ListenAddress {
  readonly host: string
  readonly port: number
}

export function parseListen(listen: string, flag = '--listen'): ListenAddress {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:\s]+)):(\d{1,5})$/.exec(listen)
  const port = Number(match?.[3])
  if (!match || port > 65_535) {
    throw new StartError(`${flag} "${listen}" is no address. Give host:port, for example 127.0.0.1:8787 or [::1]:8787.`)
  }
  return { host: match[1] ?? match[2] ?? '', port }
}

const byteUnits: Readonly<Record<string, number>> = { '': 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 }

/** `name`: of the setting, for whoever mistyped it. */
export function parseBytes(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const [, amount, unit = ''] = /^(\d{1,15})\s?([KMG]iB)?$/.exec(text) ?? []
  if (amount !== undefined) return Number(amount) * (byteUnits[unit] ?? 1)
  throw new StartError(`${name} "${text}" is no number of bytes. Give it like 268435456 or 256MiB.`)
}

export function parseTrustedProxies(text = ''): readonly string[] {
  const networks = text.split(',').flatMap((word) => word.trim() || [])
  const bad = networks.find((word) => !isNetwork(word))
  if (bad !== undefined) {
    throw new StartError(
      `--trusted-proxies names "${bad}", which is no address. Give addresses and networks, for example 10.0.0.0/8,192.0.2.7.`,
    )
  }
  const all = networks.find((word) => /\/0+$/.test(word))
  if (all === undefined) return networks
  throw new StartError(
    `--trusted-proxies ${all} would believe everybody: whoever calls could say that it calls from any address. Name the proxies alone, for example 10.0.0.0/8,192.0.2.7.`,
  )
}
