import { backendConformance } from '../conformance.ts'
import { type ProviderName, providers } from './providers.ts'
import { openProvider } from './testing/provider-harness.ts'

/** A busy vendor always says or implies when to come back, and the vendor's address is no replica. */
const lacks = ['unavailable', 'deadReplica', 'held', 'waiting', 'health', 'connections'] as const

for (const name of Object.keys(providers) as ProviderName[]) {
  backendConformance(`provider, ${name}`, () => openProvider(name), { lacks })
}
