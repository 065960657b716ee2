import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { misfits } from '../../backends/oip/misfits.ts'
import type { Backend } from '../../kernel/backend.ts'
import { systemClock } from '../../kernel/clock.ts'
import type { StoredCatalog } from '../../kernel/store.ts'
import { buildCatalog } from '../catalog/build-catalog.ts'
import { applied, contractOf, fakeBackends } from './testing/planning.ts'

const chat = (version: string) => `models: {m: {owner: me, contracts: {v1: {task: chat, versions: {"1": ${version}}}}}}`

const backends = new Map(fakeBackends(() => ({ digest: 'sha256:1' })))
const { oip, echo } = Object.fromEntries(backends)
assert.ok(oip && echo?.stream)
const generating: Backend = { ...oip, stream: echo.stream, misfits: (_settings, ...held) => misfits(...held) }
backends.set('oip', generating)

/** As an earlier release stored it: its tool calls had no signature. */
function older(stored: StoredCatalog): StoredCatalog {
  const json = JSON.stringify(stored, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('signature' in value) || 'redacted' in value) return value
    const { signature: _, ...rest } = value
    return rest
  })
  return JSON.parse(json)
}

describe('a catalog whose chats an earlier release stored', () => {
  const answer = () => {
    const call = { type: 'tool-call', id: 'a', tool: 'look', arguments: '{}', signature: 's' }
    return { choices: [{ content: [call], finishReason: 'tool-calls' }] }
  }
  const signatureIn = async (stored: StoredCatalog) => {
    const contract = buildCatalog(stored, systemClock).model('m')?.contracts.get(1)
    assert.ok(contract)
    const output = answer()
    assert.equal(contract.check.output(output), undefined)
    return output.choices[0]?.content[0]?.signature
  }

  it('answers as it did, and what came later is left out', async () => {
    assert.equal(await signatureIn(older(await applied(chat('{}'), undefined, backends))), undefined)
  })

  it("has this release's chats once its manifest is applied again, its versions included", async () => {
    const before = older(await applied(chat('{}'), undefined, backends))
    const after = await applied(chat('{}'), before, backends)
    const { revisions, versions } = contractOf(after)
    assert.deepEqual([revisions.length, versions['1']?.revision], [2, 2])
    assert.equal(await signatureIn(after), 's')
  })

  it('keeps a version to the revision that the manifest gives it', async () => {
    const before = older(await applied(chat('{}'), undefined, backends))
    const after = await applied(chat('{revision: 1}'), before, backends)
    assert.equal(contractOf(after).versions['1']?.revision, 1)
    assert.equal(await signatureIn(after), undefined)
  })
})
