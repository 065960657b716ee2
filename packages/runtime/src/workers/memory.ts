import { readFileSync } from 'node:fs'

/** Bytes that a process occupies in memory, where the system tells (Linux). */
export function readRssBytes(pid: number): number | undefined {
  try {
    // No file on a disk, so nothing blocks. Not statm, which counts in pages of a size that Node does not tell.
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? []
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
  } catch {
    return undefined
  }
}

/** Completes "the worker …" when a process occupies more than it may. */
export function outgrew(rssBytes: number | undefined, bytesMax: number | undefined): string | undefined {
  if (rssBytes === undefined || bytesMax === undefined || rssBytes <= bytesMax) return undefined
  return `occupied ${mebibytes(rssBytes)}, more than its ${mebibytes(bytesMax)} (memoryBytesMax)`
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`
}
