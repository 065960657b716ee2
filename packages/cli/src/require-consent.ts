import { Exit, Failure } from './failures.ts'
import type { Io } from './io.ts'

export interface ConsentOptions {
  readonly yes?: boolean
}

export const yesOption = ['--yes', 'ask nothing, and do it'] as const

/** Goes on with `--yes`, or when somebody at the terminal agrees; where nobody sits, silence is no consent. */
export async function requireConsent(
  { fact, question }: { readonly fact: string; readonly question: string },
  { yes }: ConsentOptions,
  { confirm, notes }: Io,
): Promise<void> {
  if (yes) return
  if (!confirm) throw new Failure(1, `${fact} Nothing was changed; give --yes if that is meant.`)
  if (await confirm(`${fact} ${question}`)) return
  notes.line('Nothing was changed.')
  throw new Exit(1, 'declined')
}
