import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { Serves } from './door-paths.ts'
import { createHttpServer, type HttpPorts } from './http-server.ts'
import { closeWithin, listen } from './listen.ts'
import { type Doors, mountDoors } from './mount-doors.ts'
import { parseListen, parseTrustedProxies, type StartOptions } from './options.ts'
import { adminTlsFlags, openTls, type Tls } from './tls.ts'

export interface Urls {
  readonly url: string
  /** Where management is served, where it has an address of its own. */
  readonly adminUrl: string | undefined
}

/** Where a gateway can be reached: one address for all, or one for calls and another for management. */
export interface Listeners {
  /** Takes the ports. Rejects with a StartError that says what to do. */
  listen(): Promise<Urls>
  /** Answers what is in flight; connections that are still busy after `limitMs` are cut. */
  close(limitMs: number): Promise<void>
  /** Reads certificates and keys again; what cannot be used is logged, and what was in use stays. */
  reload(): Promise<void>
}

export type OpenListeners = (ports: Omit<HttpPorts, 'tls' | 'trustedProxies' | 'serves'>, doors: Doors) => Listeners

/** Checks what the options say, and reads their files, before anything else is opened. */
export async function prepareListeners(options: StartOptions): Promise<OpenListeners> {
  const address = parseListen(options.listen)
  const adminAddress =
    options.adminListen === undefined ? undefined : parseListen(options.adminListen, '--admin-listen')
  const trustedProxies = parseTrustedProxies(options.trustedProxies)
  const tls = options.tls && (await openTls(options.tls))
  const adminTls = options.adminTls ? await openTls(options.adminTls, adminTlsFlags) : tls

  return (ports, doors) => {
    const open = (serves: Serves, tls: Tls | undefined) => {
      const http = createHttpServer({ ...ports, serves, trustedProxies, tls })
      mountDoors(http, doors, serves)
      return http
    }
    const http = open(adminAddress ? 'calls' : 'all', tls)
    const admin = adminAddress && { http: open('management', adminTls), address: adminAddress }
    return {
      async listen() {
        const url = await listen(http, address, options.flags)
        try {
          return { url, adminUrl: admin && (await listen(admin.http, admin.address, options.flags, 'adminListen')) }
        } catch (thrown) {
          await http.close()
          throw thrown
        }
      },
      async close(limitMs) {
        const all: readonly FastifyInstance[] = admin ? [http, admin.http] : [http]
        await Promise.all(all.map((each) => closeWithin(each, limitMs, ports.log)))
      },
      reload: () => reload(new Set([tls, adminTls]), ports.log),
    }
  }
}

async function reload(all: ReadonlySet<Tls | undefined>, log: Logger): Promise<void> {
  for (const tls of all) {
    try {
      await tls?.reload()
      if (tls) log.info('the TLS certificate was read again')
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : String(thrown)
      log.error({ reason }, 'the TLS certificate cannot be read again; the one before stays in use')
    }
  }
}
