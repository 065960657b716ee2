import { fileURLToPath } from 'node:url'
import { type Running, startProcess } from './start-process.ts'

export interface NodeServer extends Running {
  readonly url: string
}

/** One of the small servers of this folder, as a process of its own. */
export async function startNodeServer(
  name: 'bare-proxy' | 'chat-source' | 'hello' | 'recorded-hello' | 'sse-pipe' | 'sse-source',
  cores: string | number | undefined,
  ...args: readonly string[]
): Promise<NodeServer> {
  const file = fileURLToPath(new URL(`./${name}.ts`, import.meta.url))
  const running = await startProcess(process.execPath, [file, ...args], { cores, ready: /^listening on (\d+)$/ })
  return { ...running, url: `http://127.0.0.1:${running.ready[1]}` }
}
