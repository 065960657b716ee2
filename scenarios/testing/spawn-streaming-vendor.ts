import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** What a stream shall be: as JSON, the text of its request's last message. */
export interface StreamScript {
  readonly name: string
  readonly chunks: number
  readonly intervalMs: number
  /** Nothing is said in any stream before so many are open. */
  readonly together?: number
}

/** What a stream says, piece by piece. */
export function pieceOf({ name }: StreamScript, n: number): string {
  return `${name}:${n} `
}

export interface VendorCounts {
  readonly open: number
  /** Said all that they had to say. */
  readonly ended: number
  /** Their connection was closed before that. */
  readonly left: number
}

/** A server that streams chat completions as each request orders it, in a process of its own. */
export interface StreamingVendor {
  readonly url: string
  counts(): Promise<VendorCounts>
  close(): Promise<void>
}

const program = fileURLToPath(new URL('./streaming-vendor.ts', import.meta.url))

export async function spawnStreamingVendor(): Promise<StreamingVendor> {
  const child = fork(program)
  const [port] = await once(child, 'message')
  return {
    url: `http://127.0.0.1:${port}`,
    async counts() {
      child.send('count')
      const [counts] = await once(child, 'message')
      return counts
    },
    async close() {
      const gone = once(child, 'exit')
      child.kill()
      await gone
    },
  }
}
