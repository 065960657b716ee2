import { lookup } from 'node:dns/promises'
import type { Clock } from '../../kernel/clock.ts'
import { AstraError } from '../../kernel/errors.ts'
import { isLinkLocal, replicaName } from '../manifest/replica-address.ts'
import { createGate } from './gate.ts'
import { type Later, later } from './later.ts'
import type { WatchLog } from './watch-ports.ts'

/** The names among the replicas (`dns+http://name:port`), and what they resolve to: looked up once per host, however many versions name it. */
export interface ReplicaNames {
  /** The addresses that an entry stands for, as last known: itself, where it is no name. */
  known(entry: string): readonly string[]
  /** Why its last look-up failed; what was known before stays known. */
  fault(entry: string): string | undefined
  /**
   * Looks names up now. Rejects with `invalid_manifest` that says why for one that leads nowhere, or that is not known by the time
   * the signal aborts: it is for plan and apply.
   */
  expand(entries: readonly string[], signal: AbortSignal): Promise<readonly string[]>
  /** Looks up the hosts of these entries every 5 s from now on, and no others. Resolves when each was looked up once. */
  keep(entries: readonly string[]): Promise<void>
  /** Called when a host that is kept resolves to other addresses. */
  onChange(listener: (host: string) => void): void
  close(): void
}

export interface ReplicaNamesPorts {
  /** Every address of a host; rejects when it has none. */
  readonly resolve?: (host: string) => Promise<readonly string[]>
  readonly clock: Pick<Clock, 'elapsed'>
  readonly later?: Later
  readonly random?: () => number
  readonly log: WatchLog
}

const intervalMs = 5000
/** A look-up may hang in one of the few threads that Node has for files and names together. */
const atOnce = 2
const addressesMax = 1000
/** Hosts of plans that were never applied. */
const hostsMax = 1000

interface Host {
  readonly name: string
  ips: readonly string[]
  fault: string | undefined
  kept: boolean
  looking: Promise<void> | undefined
  cancel: () => void
}

export function createReplicaNames(ports: ReplicaNamesPorts): ReplicaNames {
  const { resolve = systemResolve, later: wait = later, random = Math.random, log } = ports
  const gate = createGate(atOnce)
  const hosts = new Map<string, Host>()
  const listeners: ((host: string) => void)[] = []
  let closed = false

  const hostOf = (name: string): Host => {
    let host = hosts.get(name)
    if (!host) {
      if (hosts.size >= hostsMax) forgetOldest(hosts)
      host = { name, ips: [], fault: undefined, kept: false, looking: undefined, cancel: () => {} }
      hosts.set(name, host)
    }
    return host
  }

  /** One at a time per host: who asks meanwhile gets the same. */
  const lookUp = (host: Host): Promise<void> => {
    host.cancel()
    host.looking ??= gate(() => resolve(host.name))
      .then(
        (ips) => usable(host.name, ips),
        (error: unknown) => ({ ips: [], fault: `${host.name} cannot be resolved (${codeOf(error)})` }),
      )
      .then(({ ips, fault }) => {
        host.looking = undefined
        if (closed) return
        settle(host, ips, fault)
        if (host.kept) host.cancel = wait(intervalMs * (0.9 + 0.2 * random()), () => void lookUp(host))
      })
    return host.looking
  }

  const settle = (host: Host, ips: readonly string[], fault: string | undefined) => {
    if (host.kept && fault !== host.fault) {
      if (fault === undefined) log.info({ host: host.name }, 'the name of replicas resolves again')
      else log.warn({ host: host.name, reason: fault }, 'the name of replicas does not resolve; those known stay')
    }
    host.fault = fault
    if (ips.length === 0 || ips.join() === host.ips.join()) return
    host.ips = ips
    if (!host.kept) return
    log.info({ host: host.name, addresses: ips.length }, 'the name of replicas resolves to other addresses')
    for (const listener of listeners) listener(host.name)
  }

  return {
    known(entry) {
      const name = replicaName(entry)
      return name ? (hosts.get(name.host)?.ips ?? []).map(name.at) : [entry]
    },
    fault(entry) {
      const host = hosts.get(replicaName(entry)?.host ?? '')
      return host?.fault
    },
    async expand(entries, signal) {
      const found = await Promise.all(
        entries.map(async (entry) => {
          const name = replicaName(entry)
          if (!name) return [entry]
          const host = hostOf(name.host)
          if (!(await endsBefore(signal, lookUp(host)))) throw leadsNowhere(`${host.name} was not resolved in time`)
          if (host.fault !== undefined) throw leadsNowhere(host.fault)
          return host.ips.map(name.at)
        }),
      )
      return [...new Set(found.flat())]
    },
    async keep(entries) {
      const wanted = new Set(entries.flatMap((entry) => replicaName(entry)?.host ?? []))
      for (const host of hosts.values()) {
        if (wanted.has(host.name)) continue
        // A look-up under way ends without another.
        host.kept = false
        host.cancel()
        hosts.delete(host.name)
      }
      const first: Promise<void>[] = []
      for (const name of wanted) {
        const host = hostOf(name)
        if (host.kept) continue
        host.kept = true
        first.push(lookUp(host))
      }
      await Promise.all(first)
    },
    onChange: (listener) => void listeners.push(listener),
    close() {
      closed = true
      for (const host of hosts.values()) host.cancel()
    },
  }
}

async function systemResolve(host: string): Promise<readonly string[]> {
  // Not the DNS protocol itself: hosts files and search domains hold, as for every other program of the machine.
  return (await lookup(host, { all: true })).map(({ address }) => address)
}

/** Sorted, as servers give them in turn; none stands twice. */
function usable(host: string, found: readonly string[]): { ips: readonly string[]; fault: string | undefined } {
  const ips = [...new Set(found)].filter((ip) => !isLinkLocal(ip)).sort()
  if (found.length === 0) return { ips, fault: `${host} resolves to no address` }
  if (ips.length === 0)
    return { ips, fault: `${host} resolves to link-local addresses, where clouds keep their metadata` }
  return { ips: ips.slice(0, addressesMax), fault: undefined }
}

/** Whether it does; a look-up itself cannot be ended. */
async function endsBefore(signal: AbortSignal, work: Promise<void>): Promise<boolean> {
  const aborted = Promise.withResolvers<boolean>()
  const abort = () => aborted.resolve(false)
  signal.addEventListener('abort', abort)
  if (signal.aborted) abort()
  try {
    return await Promise.race([work.then(() => true), aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException | undefined)?.code ?? error)
}

function leadsNowhere(message: string): AstraError {
  return new AstraError('invalid_manifest', {
    detail: message,
    violations: [{ path: 'replicas', message }],
    reason: message,
  })
}

function forgetOldest(hosts: Map<string, Host>): void {
  for (const host of hosts.values()) if (!host.kept) return void hosts.delete(host.name)
}
