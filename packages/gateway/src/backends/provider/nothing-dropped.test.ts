import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AstraError } from '../../kernel/errors.ts'
import type { ProviderName } from './providers.ts'
import { chatSamples } from './testing/chat-samples.ts'
import { recordRequest } from './testing/record-request.ts'
import { sampleModels } from './testing/sample-models.ts'

/**
 * Whatever a caller asks for changes what is sent, or is refused before anything is sent. Every vendor's package is held against this,
 * so that an update of one which begins to leave something out shows here.
 */
for (const [name, settings] of Object.entries(sampleModels)) {
  describe(`nothing is dropped silently: ${name}`, () => {
    for (const { feature, request, without } of chatSamples) {
      test(feature, async () => {
        const [asked, left] = await Promise.all([sent(settings, request), sent(settings, without)])
        if (asked instanceof AstraError) return assert.equal(asked.code, 'unsupported')
        assert.equal(asked !== left, !isDefault(name, feature), String(asked))
      })
    }
  })
}

function sent(settings: (typeof sampleModels)[ProviderName], request: (typeof chatSamples)[number]['request']) {
  return recordRequest(settings, request).catch((thrown: unknown) => thrown)
}

/** What the vendor does unasked, or what `reasoningBack` leaves out on purpose. */
const defaults: Readonly<Record<string, readonly string[]>> = {
  bedrock: ['reasoning in the history', 'reasoning off'],
  cohere: ['tool choice: auto', 'reasoning in the history', 'reasoning in the history, signed'],
  xai: ['reasoning in the history'],
  deepseek: ['reasoning in the history', 'reasoning in the history, signed'],
}

const signing: ReadonlySet<string> = new Set(['google', 'vertex'])

function isDefault(name: string, feature: string): boolean {
  // A vendor that signs none is not sent another's proof.
  if (feature === 'tool call in the history, signed') return !signing.has(name)
  return defaults[name]?.includes(feature) ?? false
}
