import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parse } from 'yaml'
import { explain } from '../../kernel/schema/explain.ts'
import { createBackends } from '../backends.ts'

interface Documented {
  readonly backend?: string
  readonly replicas?: unknown
  readonly [setting: string]: unknown
}

/** Every version in the documentation's examples, wherever it stands in its manifest. */
function versionsIn(value: unknown): readonly Documented[] {
  if (typeof value !== 'object' || value === null) return []
  return 'backend' in value ? [value as Documented] : Object.values(value).flatMap(versionsIn)
}

test('the versions in docs/backends.md are what the backends take', () => {
  const text = readFileSync(new URL('../../../../../docs/backends.md', import.meta.url), 'utf8')
  const blocks = [...text.matchAll(/```yaml\n(.*?)```/gs)].map(([, block]) => block ?? '')
  const versions = blocks.filter((block) => block.includes('backend:')).flatMap((block) => versionsIn(parse(block)))
  const backends = createBackends({ addresses: {}, bodyBytesMax: 1 })
  assert.ok(versions.length >= 6)
  for (const { backend: name = '', replicas, ...settings } of versions) {
    const backend = backends.get(name)
    assert.ok(backend, name)
    assert.deepEqual(explain(backend.settings, settings, ''), [])
    const addresses = backend.addresses(backend.withDefaults(settings, 'm', '1'))
    assert.ok(
      replicas !== undefined || addresses === undefined || addresses.length > 0,
      'replicas are named where they must be',
    )
  }
})
