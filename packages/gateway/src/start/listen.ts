import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { commandLine, type GivenFlags } from './command-line.ts'
import { type ListenAddress, StartError } from './options.ts'

/** Takes the port and resolves with the URL. Rejects with a StartError that says what to do. */
export async function listen(
  http: FastifyInstance,
  { host, port }: ListenAddress,
  flags: GivenFlags = {},
): Promise<string> {
  try {
    await http.listen({ host, port })
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException
    const wanted = `${host}:${port}`
    if (code === 'EADDRINUSE') {
      throw new StartError(
        `${wanted} is in use, perhaps by another gateway. Stop that one, or choose another: ${startBeside({ host, port }, flags)}`,
      )
    }
    if (code === 'EACCES')
      throw new StartError(`Listening on ${wanted} is not allowed. Choose a port above 1023: --listen ${host}:8787`)
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw new StartError(`${host} is no address of this machine. Choose one that is: --listen 127.0.0.1:${port}`)
    }
    throw thrown
  }
  const bound = http.server.address() as AddressInfo
  return `http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`
}

/** The same start at the next port. */
function startBeside({ host, port }: ListenAddress, flags: GivenFlags): string {
  const name = host.includes(':') ? `[${host}]` : host
  const listen = `${name}:${port < 65_535 ? port + 1 : 8787}`
  return commandLine('astraapi start', { ...flags, listen }, ['listen', 'data', 'config', 'models'])
}

/** Answers what is in flight; connections that are still busy after `limitMs` are cut. */
export async function closeWithin(http: FastifyInstance, limitMs: number, log: Logger): Promise<void> {
  const hard = setTimeout(() => {
    log.warn({ limitMs }, 'connections that were still busy are cut')
    http.server.closeAllConnections()
  }, limitMs)
  await http.close()
  clearTimeout(hard)
}
