import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Contestant } from '../measure/saturation.ts'
import { freePort } from '../servers/free-port.ts'
import { startProcess } from '../servers/start-process.ts'
import { chat } from '../workload.ts'

/** 1.15.2 breaks on streaming with the newest of what it asks for. */
const manifest = {
  private: true,
  dependencies: { '@portkey-ai/gateway': '1.15.2' },
  overrides: { '@hono/node-server': '1.3.3', hono: '4.9.7' },
}

export interface Portkey extends Contestant {
  stop(): Promise<void>
}

const run = promisify(execFile)

/** Installs Portkey's open gateway from npm into a temporary folder and points it at the instant upstream. */
export async function startPortkey(cores: string | number | undefined, upstream: string): Promise<Portkey> {
  const folder = await mkdtemp(join(tmpdir(), 'astra-bench-portkey-'))
  const forget = () => rm(folder, { recursive: true, force: true })
  try {
    await writeFile(join(folder, 'package.json'), JSON.stringify(manifest))
    const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']
    await run('npm', ['install', ...flags], { cwd: folder, timeout: 180_000 })
    const port = await freePort()
    const program = join(folder, 'node_modules', '@portkey-ai', 'gateway', 'build', 'start-server.js')
    const running = await startProcess(process.execPath, [program, `--port=${port}`, '--headless'], {
      cores,
      ready: /running at|Ready for connections/,
      env: { NODE_ENV: 'production' },
    })
    const headers = {
      'content-type': 'application/json',
      authorization: 'Bearer none',
      'x-portkey-provider': 'openai',
      'x-portkey-custom-host': `${upstream}/v1`,
    }
    return {
      pid: running.pid,
      calls: [{ url: `http://127.0.0.1:${port}`, path: chat.path, headers, body: chat.request }],
      expected: 'certificate',
      async stop() {
        await running.stop()
        await forget()
      },
    }
  } catch (thrown) {
    await forget()
    throw thrown
  }
}
