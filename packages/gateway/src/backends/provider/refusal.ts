import type { SharedV4Warning, UnsupportedFunctionalityError } from '@ai-sdk/provider'
import { AstraError } from '../../kernel/errors.ts'

const wordsMax = 200

/** Nothing of a request is dropped: what the upstream model cannot be told refuses the call. */
export function unsupported(field: string, upstream: string): AstraError {
  const shown = field.slice(0, wordsMax)
  return new AstraError('unsupported', {
    field: shown,
    detail: `"${shown}" cannot be passed to ${upstream}`,
    next: 'Leave it out, or use another version.',
  })
}

/** The same in the words of the vendor's package, which knows no field of ours. */
export function notTaken({ functionality }: UnsupportedFunctionalityError, upstream: string): AstraError {
  return new AstraError('unsupported', {
    detail: `${upstream} cannot be passed this: ${functionality.slice(0, wordsMax)}`,
    next: 'Leave it out, or use another version.',
  })
}

/** Throws at the first remark of a vendor's package that something was left out. */
export function holdWarnings(warnings: readonly SharedV4Warning[], upstream: string, harmless?: RegExp): void {
  for (const warning of warnings) {
    // `compatibility`: it is carried, in other words.
    if (warning.type === 'compatibility') continue
    if (warning.type === 'unsupported') throw unsupported(fieldNames[warning.feature] ?? warning.feature, upstream)
    if (warning.type === 'deprecated') throw unsupported(fieldNames[warning.setting] ?? warning.setting, upstream)
    if (!harmless?.test(warning.message)) throw unsupported(warning.message, upstream)
  }
}

/** The packages' names for fields that are called otherwise here. */
const fieldNames: Readonly<Record<string, string>> = {
  stopSequences: 'stop',
  maxOutputTokens: 'outputTokensMax',
  budgetTokens: 'reasoning.tokensMax',
  strict: 'tools.strict',
}
