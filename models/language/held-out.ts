import { readFileSync } from 'node:fs'

export interface HeldOutSentence {
  readonly text: string
  /** ISO 639-1 code. */
  readonly label: string
}

/** Short sentences written for this project, five in each of twelve languages. */
export function heldOutSentences(): readonly HeldOutSentence[] {
  return JSON.parse(readFileSync(new URL('held-out.json', import.meta.url), 'utf8'))
}
