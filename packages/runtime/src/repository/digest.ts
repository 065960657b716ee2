import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { SERVING_FILE } from './serving-settings.ts'

/**
 * SHA-256 over every regular file below a folder, sorted by relative name. Each file goes in as name, NUL, length,
 * NUL, bytes, so that no bytes can move from one file to the next unnoticed. serving.json is left out.
 */
export async function hashFolder(folder: string): Promise<Hash> {
  const hash = createHash('sha256')
  for (const name of await fileNames(folder)) {
    const path = join(folder, name)
    hash.update(`${name}\0${(await stat(path)).size}\0`)
    for await (const chunk of createReadStream(path)) hash.update(chunk)
  }
  return hash
}

/** The digest that names what a version answers: its files, and the identity that its module states. */
export function versionDigest(files: Hash, identity: string | undefined): string {
  const hash = files.copy()
  if (identity !== undefined) hash.update(`identity\0${identity}`)
  return `sha256:${hash.digest('hex')}`
}

async function fileNames(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name))
  const regular = await Promise.all(paths.map(async (path) => (await stat(path)).isFile()))
  return paths
    .filter((_, index) => regular[index])
    .map((path) => relative(folder, path).split(sep).join('/'))
    .filter((name) => name !== SERVING_FILE)
    .sort()
}
