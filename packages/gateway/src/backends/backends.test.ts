import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ChatRequest } from '../kernel/chat.ts'
import { compileSchema } from '../kernel/schema/validator.ts'
import { createBackends } from './backends.ts'
import { context } from './testing/asking.ts'
import { eventually } from './testing/eventually.ts'
import { fixtureVersion } from './testing/fixture-version.ts'
import { startFakeVendor } from './vendor/testing/fake-vendor.ts'

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

const hello: ChatRequest = {
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }],
  outputTokensMax: 1,
}

/** Of each backend that serves chats, what it has no words for. */
const lacks: Readonly<Record<string, Partial<ChatRequest>>> = {
  anthropic: { seed: 1 },
  openai: { topK: 1 },
  provider: { n: 2 },
  oip: { logprobs: 1 },
}

for (const [name, lack] of Object.entries(lacks)) {
  test(`${name}: a chat that would be refused is known without asking anyone`, () => {
    const backend = backends.get(name)
    const settings = backend?.withDefaults(least[name] ?? {}, 'support', '1.0') ?? {}
    assert.equal(backend?.chatMisfit?.(settings, hello), undefined)
    assert.match(backend?.chatMisfit?.(settings, { ...hello, ...lack }) ?? '', new RegExp(Object.keys(lack).join()))
  })
}

test('prompts stand on the connections that the versions of chats use', async (t) => {
  const fake = await startFakeVendor({ protocol: 'openai' })
  const own = createBackends({ addresses: {}, bodyBytesMax: 1 << 20 })
  t.after(async () => {
    await Promise.all([...own.values()].map((backend) => backend.close()))
    await fake.close()
  })
  const [prompt, openai] = [own.get('prompt'), own.get('openai')]
  assert.ok(prompt && openai)
  const settings = { upstream: { backend: 'openai', model: 'fake-1' }, prompt: '{{input}}' }
  const version = fixtureVersion('prompt', prompt.withDefaults(settings, 'sample', '1.0'), [fake.url])
  await prompt.predict(version, fake.url, ['Hello'], context)
  assert.ok(fake.connections() > 0)
  await openai.close()
  await eventually(() => fake.connections() === 0, 1000, 'no connection is left')
})
