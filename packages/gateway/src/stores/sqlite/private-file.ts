import { writeFileSync } from 'node:fs'

/**
 * Makes an empty file that only its owner may read, unless it is there; SQLite gives the files beside it the same mode.
 *
 * A file that is there must not even be opened: closing any handle of a file drops the locks that SQLite holds on it
 * elsewhere in the same process (https://sqlite.org/howtocorrupt.html, 2.2).
 */
export function createPrivateFile(path: string): void {
  try {
    writeFileSync(path, '', { flag: 'wx', mode: 0o600 })
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST')) throw thrown
  }
}
