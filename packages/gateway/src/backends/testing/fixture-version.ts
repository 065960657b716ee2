import type { Contract, Version } from '../../kernel/catalog.ts'
import type { VersionState } from '../../kernel/catalog-state.ts'
import type { TensorSignature } from '../../kernel/tensors.ts'

/** A version of a contract that takes and gives anything, to hold a backend in a test. */
export function fixtureVersion(
  backend: string,
  settings: VersionState['settings'],
  replicas: readonly string[] = [],
  tensors?: TensorSignature,
): Version {
  const state: VersionState = {
    revision: 1,
    backend,
    settings,
    replicas,
    digest: `sha256:${'0'.repeat(64)}`,
    immutable: true,
  }
  const contract: Contract = {
    model: 'sample',
    major: 1,
    task: 'custom',
    description: undefined,
    streams: true,
    publishedRevision: 1,
    published: { input: {}, output: {}, ...(tensors ? { tensors } : {}) },
    examples: [],
    limits: {
      bodyBytesMax: 1 << 20,
      itemsMax: 256,
      timeoutMs: 30_000,
      firstByteMs: 60_000,
      idleMs: 60_000,
      inFlightMax: 1024,
    },
    deprecated: undefined,
    versions: new Map(),
    split: [],
    fallback: [],
    hedge: undefined,
    cache: undefined,
    check: { input: () => undefined, output: () => undefined, chunk: () => undefined },
  }
  return { id: '1.0', contract, state, tensors }
}
