import type { Backend, LoadWhat } from '../../kernel/backend.ts'
import type { VersionState } from '../../kernel/catalog-state.ts'
import { operatorReason, toAstraError } from '../../kernel/errors.ts'
import { digestOf } from '../plan/digest.ts'
import { sealedOf } from '../plan/seal-version.ts'

/** What a replica is, held against what was applied: `same`, `other` (and why), or `unknown`, as it cannot be asked (and why). */
export type SealFinding = { readonly seal: 'same' } | { readonly seal: 'other' | 'unknown'; readonly reason: string }

/**
 * Asks a replica what it serves as a version. Files can be exchanged while a replica is away, and a version whose bytes changed
 * must not answer under its old name. Never rejects.
 */
export async function verifySeal(
  backend: Backend,
  { settings, digest, immutable }: Pick<VersionState, 'settings' | 'digest' | 'immutable'>,
  address: string,
  signal: AbortSignal,
  load?: LoadWhat,
): Promise<SealFinding> {
  try {
    const { digest: upstream } = await backend.inspect({ settings, replicas: [address] }, signal, load)
    // Where upstream gave no digest there is nothing to hold it to.
    if (!immutable || sealOf(backend, settings, upstream) === digest) return { seal: 'same' }
    return { seal: 'other', reason: upstream === undefined ? untold : different }
  } catch (thrown) {
    const error = toAstraError(thrown)
    // It answered, and has not got the version in a form that could be called.
    const lacks = error.code === 'invalid_manifest'
    return { seal: lacks ? 'other' : 'unknown', reason: firstLine(operatorReason(error)) }
  }
}

const different = 'serves other files than those applied: put those back, or give the new ones a version of their own'
const untold = 'does not tell which files it serves, as the replica did that was applied'

/** The digest of a version that runs at an upstream with this digest. */
export function sealOf(backend: Backend, settings: VersionState['settings'], upstream: string | undefined): string {
  return digestOf({ ...sealedOf(backend, settings), upstream })
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? text
}
