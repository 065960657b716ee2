import type { Backend } from '../../kernel/backend.ts'
import type { Catalog, VersionState } from '../../kernel/catalog.ts'
import { digestOf } from '../plan/digest.ts'

/** By version ("spam@v1/1.0"): why it is not what was applied. */
export type BrokenSeals = ReadonlyMap<string, string>

const different = 'its file is not the one that was applied: put that back, or give the new one a version of its own'

/** The name of a version among broken seals. */
export function sealName(model: string, major: number | string, id: string): string {
  return `${model}@v${major}/${id}`
}

/**
 * Asks the upstream of every live version with this replica what it is, and holds that against what was applied. Files can be
 * exchanged while a runtime is down, and a version whose bytes changed must not answer under its old name. One that cannot be
 * asked is not in the result: its calls fail by themselves, with their own reason.
 */
export async function checkSeals(
  { state }: Catalog,
  backends: ReadonlyMap<string, Backend>,
  replica: string,
  signal: AbortSignal,
): Promise<BrokenSeals> {
  const broken = new Map<string, string>()
  const checks: Promise<void>[] = []
  for (const [model, { contracts }] of Object.entries(state.models)) {
    for (const [major, { versions }] of Object.entries(contracts)) {
      for (const [id, version] of Object.entries(versions)) {
        const backend = backends.get(version.backend)
        if (!backend || version.retired || !version.immutable || !version.replicas.includes(replica)) continue
        const check = isAsApplied(version, backend, replica, signal).then((same) => {
          if (!same) broken.set(sealName(model, major, id), different)
        })
        checks.push(check)
      }
    }
  }
  await Promise.all(checks)
  return broken
}

async function isAsApplied(
  version: VersionState,
  backend: Backend,
  replica: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { settings, digest } = version
  try {
    const { digest: upstream } = await backend.inspect({ settings, replicas: [replica] }, signal)
    return digestOf({ backend: version.backend, settings, upstream }) === digest
  } catch {
    // Cannot be asked; whoever calls it gets to know why.
    return true
  }
}
