import type { Backend } from '../kernel/backend.ts'
import { createEchoBackend } from './echo/echo.ts'
import { createOipBackend } from './oip/oip.ts'

export interface BackendOptions {
  /** Short names of replica addresses, e.g. `embedded` -> "unix:/…/runtime.sock". */
  readonly addresses: Readonly<Record<string, string>>
  /** Longest answer that is read from an upstream, in bytes. */
  readonly bodyBytesMax: number
}

/** Every backend: a new one is a folder and a line here. */
const makers = {
  echo: () => createEchoBackend(),
  oip: createOipBackend,
} as const satisfies Record<string, (options: BackendOptions) => Backend>

export type BackendName = keyof typeof makers

/** By the name that a version gives in its field `backend`. */
export function createBackends(options: BackendOptions): ReadonlyMap<string, Backend> {
  return new Map(Object.entries(makers).map(([name, make]) => [name, make(options)]))
}
