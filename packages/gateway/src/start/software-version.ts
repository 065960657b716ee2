import { readFileSync } from 'node:fs'

/** Of this gateway, "1.2.3". */
export const softwareVersion: string = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
).version
