import assert from 'node:assert/strict'
import { it } from 'node:test'
import { AstraError } from '../../kernel/errors.ts'
import type { DraftVersion } from './draft-version.ts'
import { inspectVersions } from './inspect-versions.ts'
import { fakeBackends } from './testing/planning.ts'

it('a name that does not resolve in time is a fault of its version, in its own words', async () => {
  const backend = fakeBackends().get('oip')
  assert.ok(backend)
  const draft = { backend, settings: {}, replicas: ['dns+http://slow:1'] } as unknown as DraftVersion
  const controller = new AbortController()
  const expand = async (_: readonly string[], signal: AbortSignal) => {
    assert.equal(signal, controller.signal)
    controller.abort()
    const message = 'slow was not resolved in time'
    throw new AstraError('invalid_manifest', { reason: message, violations: [{ path: 'replicas', message }] })
  }
  const inspected = await inspectVersions([draft], expand, controller.signal)
  assert.deepEqual(inspected.get(draft), {
    fault: { path: 'replicas', message: 'cannot be made ready: slow was not resolved in time' },
  })
})
