import { AstraError } from '../../kernel/errors.ts'
import type { Secret } from '../../kernel/secret.ts'

/** The same error; where upstream's words hold a secret or a piece of one, another without it. */
export function scrub(thrown: unknown, secrets: readonly Secret[]): unknown {
  if (!(thrown instanceof AstraError)) return thrown
  const { cause: _, ...facts } = thrown.facts
  const detail = facts.detail && without(facts.detail, secrets)
  const reason = facts.reason && without(facts.reason, secrets)
  if (detail === facts.detail && reason === facts.reason) return thrown
  // Its cause may say the same.
  return new AstraError(thrown.code, { ...facts, ...(detail ? { detail } : {}), ...(reason ? { reason } : {}) })
}

/** Of a secret that was cut somewhere on the way, fewer characters in a row may be told. */
const tellingMin = 8

function without(text: string, secrets: readonly Secret[]): string {
  const words = secrets.map((secret) => secret.reveal())
  let clean = text
  for (const word of words) clean = clean.replaceAll(word, '***')
  return withoutRuns(clean, new Set(words.flatMap(formsOf).flatMap(runsIn)))
}

/** A secret as it is, and as others may quote it: in a URL, in base64 on its own or as a piece of a longer text. */
function formsOf(word: string): readonly string[] {
  const base64 = [0, 1, 2].flatMap((before) => {
    const text = Buffer.from(' '.repeat(before) + word).toString('base64')
    // The characters at both ends depend on what stands beside the secret, too.
    const inner = text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + word.length) * 8) / 6))
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')]
  })
  return [word, encodeURIComponent(word), ...base64]
}

function runsIn(form: string): readonly string[] {
  return Array.from({ length: Math.max(0, form.length - tellingMin + 1) }, (_, at) => form.slice(at, at + tellingMin))
}

function withoutRuns(text: string, runs: ReadonlySet<string>): string {
  let clean = ''
  let kept = 0
  for (let at = 0; at + tellingMin <= text.length; at++) {
    if (!runs.has(text.slice(at, at + tellingMin))) continue
    // Runs that touch are one.
    if (kept === 0 || at > kept) clean += `${text.slice(kept, at)}***`
    kept = at + tellingMin
  }
  return clean + text.slice(kept)
}
