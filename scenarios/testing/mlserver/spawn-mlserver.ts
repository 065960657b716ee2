import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'

/** A real MLServer with the models of this folder, at a free port of 127.0.0.1. */
export interface SpawnedMlserver {
  readonly url: string
  close(): Promise<void>
}

/** @param python an interpreter that has the package `mlserver`; its command stands beside it. */
export async function spawnMlserver(python: string): Promise<SpawnedMlserver> {
  // It makes folders where it runs.
  const cwd = await mkdtemp(join(tmpdir(), 'astra-mlserver-'))
  const child = spawn(join(dirname(python), 'mlserver'), ['start', import.meta.dirname], {
    cwd,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const close = async () => {
    child.kill()
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    await rm(cwd, { recursive: true, force: true })
  }
  try {
    return { url: await urlOf(child), close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Its own words name port 0; the server within it, uvicorn, says at which port it really listens. */
async function urlOf({ stderr }: ChildProcess): Promise<string> {
  const lines: string[] = []
  if (!stderr) throw new Error('no stderr')
  for await (const line of createInterface({ input: stderr })) {
    const [, url] = /Uvicorn running on (http:\S+)/.exec(line) ?? []
    if (url !== undefined) {
      stderr.resume()
      return url
    }
    lines.push(line)
  }
  throw new Error(`MLServer ended before it listened:\n${lines.join('\n')}`)
}
