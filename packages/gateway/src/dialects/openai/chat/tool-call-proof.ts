import { isJsonObject } from '../../../kernel/schema/facets.ts'
import type { JsonObject } from '../../dialect.ts'

/**
 * A tool call's proof of origin, at the place where Google's servers of this protocol give it and want it back:
 * https://ai.google.dev/gemini-api/docs/thought-signatures
 */
export function writeProof(signature: string | undefined): JsonObject {
  return signature === undefined ? {} : { extra_content: { google: { thought_signature: signature } } }
}

export function readProof({ extra_content: extra }: JsonObject): { readonly signature?: string } {
  const google = isJsonObject(extra) ? extra.google : undefined
  const signature = isJsonObject(google) ? google.thought_signature : undefined
  return typeof signature === 'string' && signature !== '' ? { signature } : {}
}

/** Whether a model upstream takes the proof back; other vendors refuse the field. */
export function takesProof(model: string): boolean {
  return /gemini/i.test(model)
}
