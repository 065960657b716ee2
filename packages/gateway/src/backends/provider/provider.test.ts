import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TaskName } from '../../kernel/tasks.ts'
import { backendConformance } from '../conformance.ts'
import { createProviderBackend } from './provider.ts'
import { type ProviderName, providers } from './providers.ts'
import { openProvider } from './testing/provider-harness.ts'

/** A busy vendor always says or implies when to come back, and the vendor's address is no replica. */
const lacks = ['unavailable', 'deadReplica', 'held', 'waiting', 'health', 'connections'] as const

for (const name of Object.keys(providers) as ProviderName[]) {
  backendConformance(`provider, ${name}`, () => openProvider(name), { lacks })
}

test('plan refuses embeddings at a vendor that has none, and names those that have', () => {
  const backend = createProviderBackend({ bodyBytesMax: 1000 })
  const misfits = (provider: ProviderName, task: TaskName) =>
    backend.misfits?.({ provider, model: 'm' }, { input: {}, output: {} }, task) ?? []
  for (const name of Object.keys(providers) as ProviderName[]) {
    assert.deepEqual(misfits(name, 'chat'), [])
    assert.equal(misfits(name, 'embedding').length, providers[name].embeds ? 0 : 1, name)
  }
  const [misfit] = misfits('groq', 'embedding')
  assert.equal(misfit?.path, '/provider')
  assert.match(misfit?.message ?? '', /^Groq has no embeddings here/)
  assert.match(misfit?.suggestion ?? '', /^Take one of google, .*cohere\.$/)
})
