import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileSchema } from '../kernel/schema/validator.ts'
import { createBackends } from './backends.ts'

const backends = createBackends({ addresses: {}, bodyBytesMax: 1 << 20 })

/** What a version must say at least, by backend; nothing unless it stands here. */
const least: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  anthropic: { model: 'claude' },
  openai: { model: 'gpt' },
  prompt: { upstream: { backend: 'openai', model: 'gpt' }, prompt: '{{input}}' },
  provider: { provider: 'mistral', model: 'mistral-small-latest' },
}

for (const [name, backend] of backends) {
  test(`${name}: the table, the name and the settings agree`, () => {
    assert.equal(backend.name, name)
    const { type, additionalProperties, description } = backend.settings
    assert.deepEqual([type, additionalProperties], ['object', false])
    assert.ok(description)
    const check = compileSchema(backend.settings)
    assert.equal(check(backend.withDefaults(least[name] ?? {}, 'spam', '1.0'), ''), undefined)
    assert.equal(check({ ...least[name], nonsense: 1 }, '')?.[0]?.path, '/nonsense')
  })
}
