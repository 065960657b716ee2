import { AstraError } from '../../kernel/errors.ts'

/**
 * What a broken exchange means: before the request was written surely nothing ran; afterwards nobody knows. `answered`: a final
 * status came. A response out of form is an answer, too.
 */
export function brokenExchange(
  error: Error & { readonly code?: string },
  written: boolean,
  answered: boolean,
): AstraError {
  const facts = { reason: `${error.code ?? error.name}: ${error.message}`, cause: error }
  if (!written) return new AstraError('upstream_unavailable', facts)
  const unanswered = !answered && error.name !== 'HTTPParserError'
  return new AstraError('upstream_failed', unanswered ? { ...facts, unanswered } : facts)
}
