import { statSync } from 'node:fs'
import { AstraError } from '../../kernel/errors.ts'

/**
 * Remembers which file lies at the path now; what it returns throws `store_unavailable` when that file is no longer there.
 * SQLite itself would go on writing to a file that has no name any more, and all of it would be lost without a sign.
 */
export function fileInPlace(path: string): () => void {
  const opened = statSync(path, { bigint: true })
  return () => {
    const found = statSync(path, { bigint: true, throwIfNoEntry: false })
    if (found?.ino === opened.ino && found.dev === opened.dev) return
    const reason = 'the database file was removed or replaced while the gateway ran; stop the gateway and restore it'
    throw new AstraError('store_unavailable', { reason })
  }
}
