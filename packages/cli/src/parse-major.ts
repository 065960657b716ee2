import { usageFault } from './failures.ts'

/** "v1" of "v1" or "1". */
export function parseMajor(text: string): string {
  if (!/^v?[1-9]\d*$/.test(text)) throw usageFault(`--major "${text}" is none. Give it like v1.`)
  return text.startsWith('v') ? text : `v${text}`
}
