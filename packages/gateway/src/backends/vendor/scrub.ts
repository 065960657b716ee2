import { AstraError } from '../../kernel/errors.ts'
import type { Secret } from '../../kernel/secret.ts'

/** The same error; where upstream's words hold a secret, another without it. */
export function scrub(thrown: unknown, secrets: readonly Secret[]): unknown {
  if (!(thrown instanceof AstraError)) return thrown
  const { cause: _, ...facts } = thrown.facts
  const detail = facts.detail && without(facts.detail, secrets)
  const reason = facts.reason && without(facts.reason, secrets)
  if (detail === facts.detail && reason === facts.reason) return thrown
  // Its cause may say the same.
  return new AstraError(thrown.code, { ...facts, ...(detail ? { detail } : {}), ...(reason ? { reason } : {}) })
}

/** Of a secret that a text's end cuts off, this much may be told. */
const tellingMin = 6

function without(text: string, secrets: readonly Secret[]): string {
  let clean = text
  for (const secret of secrets) {
    const word = secret.reveal()
    clean = clean.replaceAll(word, '***')
    for (let length = word.length - 1; length >= tellingMin; length--) {
      if (clean.endsWith(word.slice(0, length))) clean = `${clean.slice(0, -length)}***`
    }
  }
  return clean
}
