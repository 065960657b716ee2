import type { Socket } from 'node:net'

/** How often connections are looked at. */
export const sweepMs = 1000
/** 30 s without a byte taken, as a stream waits for its reader. */
const sweepsMax = 30
/** Of all that is unread; where it is more, who has taken nothing for 3 s is cut. A consumer's every next call could add some MB. */
const bytesMax = 512 * 2 ** 20
const sweepsMaxCrowded = 3

/**
 * A sweep over a server's connections, which cuts those whose reader takes nothing of what was written. A whole answer stays in memory
 * until it has gone out, and no bound of calls counts it by then: its call has ended. No timer an answer, as nearly all go out at once;
 * and no timeout of the socket's own, which Node puts off while bytes go out in the clear, but not by TLS.
 */
export function createUnreadSweep(sockets: Iterable<Socket>, unreadBytesMax = bytesMax): () => void {
  let before: ReadonlyMap<Socket, Unread> = new Map()
  return () => {
    const present = new Map<Socket, Unread>()
    let bytes = 0
    for (const { writableLength } of sockets) bytes += writableLength
    const patience = bytes > unreadBytesMax ? sweepsMaxCrowded : sweepsMax
    for (const socket of sockets) {
      if (socket.writableLength === 0) continue
      const gone = goneOut(socket)
      const last = before.get(socket)
      const sweeps = last?.gone === gone ? last.sweeps + 1 : 0
      if (sweeps < patience) present.set(socket, { gone, sweeps })
      else socket.destroy()
    }
    before = present
  }
}

interface Unread {
  readonly gone: number
  /** In which nothing was taken. */
  readonly sweeps: number
}

/** Stands still while a reader takes nothing, and only then; of one write that goes on it grows, too. */
function goneOut(socket: Socket): number {
  return socket.bytesWritten - socket.writableLength - unsentOfWrite(socket)
}

/** Node tells it nowhere else; of a TLS socket the one beneath knows. Without it, what takes long has to be taken in 30 s a write. */
function unsentOfWrite(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle')
  const { _parent = handle } = Object(handle) as { readonly _parent?: unknown }
  const { writeQueueSize } = Object(_parent) as { readonly writeQueueSize?: unknown }
  return typeof writeQueueSize === 'number' ? writeQueueSize : 0
}
