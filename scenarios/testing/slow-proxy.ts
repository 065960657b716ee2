import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A TCP proxy whose answers can be made late: what stands behind it seems slow. */
export interface SlowProxy {
  readonly url: string
  /** Each piece of an answer is held back for so long, ms. */
  delayMs: number
  close(): Promise<void>
}

export async function openSlowProxy(port: number): Promise<SlowProxy> {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (inbound) => {
    const outbound = connect({ port, host: '127.0.0.1', noDelay: true })
    for (const [socket, other] of [
      [inbound, outbound],
      [outbound, inbound],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
    inbound.pipe(outbound)
    outbound.on('data', (piece) => setTimeout(() => inbound.write(piece), proxy.delayMs))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    delayMs: 0,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
  return proxy
}
