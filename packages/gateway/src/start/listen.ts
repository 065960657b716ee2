import type { AddressInfo } from 'node:net'
import { Server } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { commandLine, type GivenFlags, startFlags } from './command-line.ts'
import { type ListenAddress, StartError } from './options.ts'

export type ListenFlag = 'listen' | 'adminListen'

/** Takes the port and resolves with the URL. Rejects with a StartError that says what to do. */
export async function listen(
  http: FastifyInstance,
  { host, port }: ListenAddress,
  flags: GivenFlags = {},
  flag: ListenFlag = 'listen',
): Promise<string> {
  try {
    await http.listen({ host, port })
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException
    const given = flag === 'listen' ? '--listen' : '--admin-listen'
    const wanted = `${host}:${port}`
    if (code === 'EADDRINUSE') {
      throw new StartError(
        `${wanted} is in use, perhaps by another gateway. Stop that one, or choose another: ${startBeside({ host, port }, flags, flag)}`,
      )
    }
    if (code === 'EACCES')
      throw new StartError(`Listening on ${wanted} is not allowed. Choose a port above 1023: ${given} ${host}:8787`)
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw new StartError(`${host} is no address of this machine. Choose one that is: ${given} 127.0.0.1:${port}`)
    }
    throw thrown
  }
  const bound = http.server.address() as AddressInfo
  const scheme = http.server instanceof Server ? 'https' : 'http'
  return `${scheme}://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`
}

/** The same start with the next port at this flag. */
function startBeside({ host, port }: ListenAddress, flags: GivenFlags, flag: ListenFlag): string {
  const name = host.includes(':') ? `[${host}]` : host
  const next = `${name}:${port < 65_535 ? port + 1 : 8787}`
  return commandLine('astraapi start', { ...flags, [flag]: next }, startFlags)
}

/** Answers what is in flight; connections that are still busy after `limitMs` are cut. */
export async function closeWithin(http: FastifyInstance, limitMs: number, log: Logger): Promise<void> {
  const hard = setTimeout(() => {
    log.warn({ limitMs }, 'connections that were still busy are cut')
    http.cut?.()
  }, limitMs)
  await http.close()
  clearTimeout(hard)
}
