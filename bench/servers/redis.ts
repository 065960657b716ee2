import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { findTool } from '../machine.ts'
import { freePort } from './free-port.ts'
import { startProcess } from './start-process.ts'

export interface RedisServer {
  readonly pid: number
  readonly url: string
  /** How often it read from its connections since its start: where commands do not come in faster than it reads, a round trip each. */
  reads(): Promise<number>
  stop(): Promise<void>
}

/** In memory, on a free port of the loopback. */
export async function startRedis(cores: string | number | undefined): Promise<RedisServer> {
  const program = findTool('redis-server')
  if (program === undefined) throw new Error('redis-server is not installed')
  const folder = await mkdtemp(join(tmpdir(), 'astra-bench-redis-'))
  const port = await freePort()
  const where = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder]
  const running = await startProcess(program, [...where, '--save', '', '--appendonly', 'no'], {
    cores,
    ready: /Ready to accept connections/,
  })
  const client = new Redis({ port, host: '127.0.0.1' })
  return {
    pid: running.pid,
    url: `redis://127.0.0.1:${port}`,
    reads: async () => Number(/^total_reads_processed:(\d+)/m.exec(await client.info('stats'))?.[1]),
    async stop() {
      client.disconnect()
      await running.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
