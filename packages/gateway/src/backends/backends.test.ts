import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileSchema } from '../kernel/schema/validator.ts'
import { createBackends } from './backends.ts'

const backends = createBackends({ addresses: {}, bodyBytesMax: 1 << 20 })

for (const [name, backend] of backends) {
  test(`${name}: the table, the name and the settings agree`, () => {
    assert.equal(backend.name, name)
    const { type, additionalProperties, description } = backend.settings
    assert.deepEqual([type, additionalProperties], ['object', false])
    assert.ok(description)
    const check = compileSchema(backend.settings)
    assert.equal(check(backend.withDefaults({}, 'spam', '1.0'), ''), undefined)
    assert.equal(check({ nonsense: 1 }, '')?.[0]?.path, '/nonsense')
  })
}
