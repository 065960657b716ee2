import { chmod, open, readFile } from 'node:fs/promises'

/**
 * Reads a key from its file, or makes one and writes it there with mode 0600. The mode is put right where it is wider: a key
 * that others could read is repaired, not trusted to be.
 */
export async function keyFromFile(path: string, make: () => string): Promise<string> {
  const known = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (known !== undefined && known.trim() !== '') {
    await chmod(path, 0o600)
    return known.trim()
  }
  const made = make()
  const file = await open(path, 'w', 0o600)
  try {
    await file.writeFile(`${made}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  return made
}
