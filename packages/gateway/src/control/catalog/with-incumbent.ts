import type { StoredCatalog } from '../../kernel/store.ts'
import type { GateRun } from '../gates/gate-runs.ts'
import { ownEntry } from '../manifest/own-entry.ts'
import { withContract } from './deployed.ts'

type Stored = Pick<StoredCatalog, 'state' | 'digests'>

/** The candidate's state in which the version that serves now can still be asked, though it may be removed or retired by it. */
export function withIncumbent({ state, digests }: Stored, { model, major, incumbent }: GateRun): Stored {
  const contract = ownEntry(ownEntry(state.models, model)?.contracts ?? {}, major)
  if (!incumbent || !contract) return { state, digests }
  const versions = { ...contract.versions, [incumbent.id]: incumbent.state }
  return { state: withContract(state, model, major, { ...contract, versions }), digests }
}
