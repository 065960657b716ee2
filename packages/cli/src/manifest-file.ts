import { readFile } from 'node:fs/promises'
import { usageFault } from './failures.ts'
import { readFlag } from './flags.ts'
import type { Io } from './io.ts'

export interface ManifestFile {
  readonly file: string
  readonly yaml: string
}

/** The manifest that was named, or the one that `start` would read; "-" is stdin. */
export async function readManifestFile(named: string | undefined, { env, stdin }: Io): Promise<ManifestFile> {
  if (named === '-') return { file: 'stdin', yaml: await stdin() }
  const file = named ?? readFlag('config', {}, env)
  try {
    return { file, yaml: await readFile(file, 'utf8') }
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? error.code : error
    throw usageFault(`The manifest ${file} cannot be read (${reason}). Name another one, or run where it is.`)
  }
}
