import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ContractRevision } from '../../kernel/catalog-state.ts'
import { AstraError } from '../../kernel/errors.ts'
import { createPromptBackend } from './prompt.ts'
import { openChatModel } from './testing/chat-model.ts'
import { openPromptBed, spam } from './testing/prompt-bed.ts'

describe('the settings of a typed prompt', () => {
  it('seal the template, the parameters and what upstream seals, but no secret', () => {
    const { backend, settings } = openPromptBed({ upstream: { backend: 'fake', model: 'm', apiKey: 'where' } })
    assert.deepEqual(backend.sealed?.(settings), {
      upstream: { backend: 'fake', model: 'm' },
      prompt: 'Is it spam? {{input.text}}',
      temperature: 0,
      outputTokensMax: 1024,
      structured: 'schema',
    })
  })

  it('take name, address and defaults from upstream', () => {
    const { backend, settings } = openPromptBed()
    assert.equal(backend.upstreamModel?.(settings), 'acme/m')
    assert.deepEqual(backend.addresses(settings), ['http://acme.example'])
    assert.deepEqual(settings.upstream, { backend: 'fake', vendor: 'acme', model: 'm' })
  })

  it('tell what they say beside an input, and what an answer may have', () => {
    const { backend, settings } = openPromptBed()
    const bytes = Buffer.byteLength('{"prompt":"Is it spam? {{input.text}}"}')
    assert.deepEqual(backend.ownWords?.(settings), { bytes, outputTokensMax: 1024 })
  })

  it('leave the connections of others alone', async () => {
    const { backend: upstream } = openChatModel()
    let closed = 0
    const shared = { ...upstream, release: () => void closed++, close: async () => void closed++ }
    const prompt = createPromptBackend([shared])
    prompt.release?.('http://acme.example')
    await prompt.close()
    assert.equal(closed, 0)
  })

  const signal = new AbortController().signal
  for (const [path, settings, message] of [
    ['prompt', { prompt: 'Is {{input.text spam?' }, /is not closed/],
    ['prompt', { prompt: 'Is it spam?' }, /has no placeholder/],
    ['system', { system: 'You sort {{input.text}}' }, /takes no placeholder/],
  ] as const) {
    it(`are refused at "${path}": ${message.source}`, async () => {
      const { backend, settings: full } = openPromptBed(settings)
      await assert.rejects(backend.inspect({ settings: full, replicas: [] }, signal), (thrown) => {
        assert.ok(thrown instanceof AstraError)
        assert.equal(thrown.code, 'invalid_manifest')
        assert.equal(thrown.facts.violations?.[0]?.path, path)
        assert.match(thrown.facts.violations?.[0]?.message ?? '', message)
        return true
      })
    })
  }

  it("tell upstream's own faults at `upstream`", async () => {
    const { backend: upstream } = openChatModel()
    const facts = { violations: [{ path: 'apiKey', message: 'is not set' }], reason: 'is not set' }
    const failing = { ...upstream, inspect: () => Promise.reject(new AstraError('invalid_manifest', facts)) }
    const { settings } = openPromptBed()
    await assert.rejects(createPromptBackend([failing]).inspect({ settings, replicas: [] }, signal), (thrown) => {
      assert.deepEqual((thrown as AstraError).facts, {
        violations: [{ path: 'upstream', message: 'apiKey: is not set' }],
        reason: 'apiKey: is not set',
      })
      return true
    })
  })

  const misfitsOf = (settings: Readonly<Record<string, unknown>>, revision: Partial<ContractRevision> = {}) => {
    const { backend, settings: full } = openPromptBed(settings)
    return backend.misfits?.(full, { ...spam, ...revision }, 'classification') ?? []
  }

  it('fit a contract whose fields they name', () => assert.deepEqual(misfitsOf({}), []))

  it('are held against what the chat model can be asked for', () => {
    const { backend: plain } = openChatModel()
    const misfitsAt = (lacks: string, given: Readonly<Record<string, unknown>> = {}) => {
      const upstream = {
        ...plain,
        chatMisfit: (_: unknown, chat: object) => (lacks in chat ? 'No such thing' : undefined),
      }
      const { settings } = openPromptBed(given)
      const found = createPromptBackend([upstream]).misfits?.(settings, spam, 'classification') ?? []
      return found.map(({ path, message, suggestion }) => [path, message, suggestion])
    }
    const refused = 'every call would be refused: No such thing'
    assert.deepEqual(misfitsAt('responseFormat'), [['/structured', refused, 'Write "structured: text".']])
    assert.deepEqual(misfitsAt('responseFormat', { structured: 'text' }), [])
    assert.deepEqual(misfitsAt('reasoning', { reasoning: 'low' }), [['/reasoning', refused, 'Leave it out.']])
    assert.deepEqual(misfitsAt('temperature'), [['/temperature', refused, 'Write "temperature: null".']])
    assert.deepEqual(misfitsAt('temperature', { temperature: null }), [])
  })

  it('are held against the contract: fields, examples, and whether a vendor can hold the form', () => {
    assert.deepEqual(misfitsOf({ prompt: '{{input.tex}}' }), [
      { path: '/prompt', message: 'names no field of the input: tex', suggestion: 'Did you mean "text"?' },
    ])
    const examples = [{ input: {}, output: { label: 'scam', score: 1 } }]
    assert.deepEqual(
      misfitsOf({ examples }).map(({ path }) => path),
      ['/examples/0/input/text', '/examples/0/output/label'],
    )
    const map = { output: { type: 'object', additionalProperties: { type: 'number' } } } as const
    assert.deepEqual(
      misfitsOf({}, map).map(({ path, suggestion }) => [path, suggestion]),
      [['/structured', 'Write "structured: text".']],
    )
    assert.deepEqual(misfitsOf({ structured: 'text' }, map), [])
  })
})
