import type { GivenFlags } from './command-line.ts'
import type { HintOptions } from './hints.ts'

/** How a gateway is started: the same names as flags (`--listen`) and in the environment (`ASTRA_LISTEN`). */
export interface StartOptions {
  /** host:port; port 0 takes a free one. */
  readonly listen: string
  /** The data folder. */
  readonly data: string
  /** The manifest applied at start when it changed since it was last applied. */
  readonly config: string
  /** The model repository that the embedded runtime serves. */
  readonly models: string
  /** From ASTRA_ADMIN_KEY only, never a flag; else one is made once and kept in the data folder. */
  readonly adminKey?: string
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

export function parseListen(listen: string): ListenAddress {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:\s]+)):(\d{1,5})$/.exec(listen)
  const port = Number(match?.[3])
  if (!match || port > 65_535) {
    throw new StartError(
      `--listen "${listen}" is no address. Give host:port, for example 127.0.0.1:8787 or [::1]:8787.`,
    )
  }
  return { host: match[1] ?? match[2] ?? '', port }
}
