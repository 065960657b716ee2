import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { dialects } from '../../dialects/dialects.ts'
import type { ChatRequest } from '../../kernel/chat.ts'
import { AstraError } from '../../kernel/errors.ts'
import { taskTable } from '../../kernel/tasks.ts'
import { createBackends } from '../backends.ts'
import { writeChat } from '../oip/generation/write-generation.ts'
import { providers } from '../provider/providers.ts'
import { recordRequest } from '../provider/testing/record-request.ts'
import { sampleModels } from '../provider/testing/sample-models.ts'
import { readSettings } from './settings.ts'
import { askAgain, chatWriter } from './write-chat.ts'

/** What the vendor would be sent; throws what refuses it. */
type Write = (request: ChatRequest) => unknown

const ask = (dialect: keyof typeof dialects) => (request: ChatRequest) =>
  dialects[dialect].ask.writeRequest([request], { model: 'm', stream: false, tellsStreamUsage: true })

const upstreams: readonly (readonly [Readonly<Record<string, unknown>>, Write])[] = [
  [{ backend: 'openai', model: 'm' }, ask('openai-chat')],
  [{ backend: 'openai', model: 'm', api: 'responses' }, ask('openai-responses')],
  [{ backend: 'anthropic', model: 'm' }, ask('anthropic-messages')],
  [{ backend: 'oip', model: 'm' }, writeChat],
  ...(Object.keys(providers) as (keyof typeof providers)[]).map(
    (provider) =>
      [
        { backend: 'provider', provider, model: sampleModels[provider].model },
        (request: ChatRequest) => recordRequest(sampleModels[provider], request),
      ] as const,
  ),
]

const backend = createBackends({ addresses: {}, bodyBytesMax: 1 << 20 }).get('prompt')
const contract = { input: {}, output: taskTable.classification.output({ labels: ['a', 'b'] }) ?? {} }
const forms = [{}, { structured: 'json' }, { structured: 'text' }, { reasoning: 'low' }, { temperature: null }]

describe('what a typed prompt asks for reaches every upstream, or plan says that it does not', () => {
  for (const [upstream, write] of upstreams) {
    for (const form of forms) {
      it(`${JSON.stringify(upstream)} ${JSON.stringify(form)}`, async () => {
        const examples = [{ input: { text: 'x' }, output: { label: 'a', score: 1 } }]
        const given = { upstream, system: 'Sort.', prompt: '{{input}}', examples, ...form }
        const full = backend?.withDefaults(given, 'm', '1.0') ?? {}
        const settings = readSettings(full)
        const faults = backend?.misfits?.(full, contract, 'classification') ?? []
        const request = chatWriter(settings, contract)({ text: 'y' })
        const sending = (async () => {
          await write(request)
          await write(askAgain(request, { said: 'No.', fault: 'it is not JSON' }))
        })()
        if (faults.length === 0) return sending
        return assert.rejects(sending, (thrown) => thrown instanceof AstraError && thrown.code === 'unsupported')
      })
    }
  }
})
