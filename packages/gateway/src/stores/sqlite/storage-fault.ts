/** What is wrong with the storage, for an operator, and what to do next. */
export interface StorageFault {
  readonly wrong: string
  readonly next: string
}

const elsewhere = 'or choose another folder with --data DIR'
const full = fault('the disk is full', `Free some space, ${elsewhere}.`)
const readOnly = fault('it is read-only', `Make it writable, ${elsewhere}.`)
const forbidden = fault('the gateway may not write there', `Give its user the permission, ${elsewhere}.`)
const notAFolder = fault('a part of the path is a file', 'Choose another folder with --data DIR.')

/** By SQLite's result code, extended ones first (https://sqlite.org/rescode.html), or the operating system's. */
const faultTable: Readonly<Record<string, StorageFault>> = {
  // SQLITE_IOERR_SHMSIZE: the index of the write-ahead log could not grow, which is how a full disk shows up there.
  4874: full,
  5: fault('another program holds a lock on the database', 'End that program.'),
  8: readOnly,
  10: fault('reading or writing the disk failed', `Look into the system's log for faults of the disk, ${elsewhere}.`),
  11: fault('the database is damaged', `Put a backup of astra.db back, ${elsewhere}.`),
  13: full,
  14: fault('the database cannot be opened', `See that it is readable and writable, ${elsewhere}.`),
  26: fault('astra.db is not a database', `Move that file away, ${elsewhere}.`),
  ENOSPC: full,
  EDQUOT: full,
  EROFS: readOnly,
  EACCES: forbidden,
  EPERM: forbidden,
  ENOTDIR: notAFolder,
  EEXIST: notAFolder,
}

export function storageFault(thrown: unknown): StorageFault {
  const known = storageCodes(thrown).find((code) => faultTable[code])
  if (known !== undefined && faultTable[known]) return faultTable[known]
  return fault(thrown instanceof Error ? thrown.message : String(thrown), `Correct that, ${elsewhere}.`)
}

/** True when SQLite says that somebody else holds the lock. */
export function isLocked(thrown: unknown): boolean {
  return storageCodes(thrown).includes('5')
}

function storageCodes(thrown: unknown): string[] {
  if (!(thrown instanceof Error)) return []
  if ('errcode' in thrown && typeof thrown.errcode === 'number') {
    return [String(thrown.errcode), String(thrown.errcode & 0xff)]
  }
  return 'code' in thrown ? [String(thrown.code)] : []
}

function fault(wrong: string, next: string): StorageFault {
  return { wrong, next }
}
