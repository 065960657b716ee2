import { lstatSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * What workers get in their environment so that they share compiled code: with it a worker starts in 90 ms where it took
 * 330 (measured on a busy machine with two cores). A folder that other users can write to is not used, because what lies in it is run.
 */
export function compileCacheEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const uid = process.getuid?.()
  if (env.NODE_COMPILE_CACHE !== undefined || uid === undefined) return {}
  const folder = join(tmpdir(), `astra-runtime-code-${uid}`)
  return isOurs(folder, uid) ? { NODE_COMPILE_CACHE: folder } : {}
}

function isOurs(folder: string, uid: number): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const stats = lstatSync(folder)
    return stats.isDirectory() && stats.uid === uid && (stats.mode & 0o077) === 0
  } catch {
    return false
  }
}
