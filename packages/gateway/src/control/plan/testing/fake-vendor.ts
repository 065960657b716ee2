import assert from 'node:assert/strict'
import type { Backend } from '../../../kernel/backend.ts'
import { AstraError } from '../../../kernel/errors.ts'

/** Where the fake vendor is to be found, as a manifest that names no replicas has it. */
export const vendorAddress = 'https://api.vendor.example/v1'

/**
 * A vendor of language models, for tests: nothing is asked of it but calls, its models have no digest, and its key is the name of
 * a secret, which must be among `secrets`.
 */
export function fakeVendor(secrets: ReadonlySet<string>): Backend {
  const text = { type: 'string' } as const
  return {
    name: 'vendor',
    settings: { type: 'object', properties: { model: text, apiKey: text }, required: ['model', 'apiKey'] },
    tasks: ['chat', 'completion', 'embedding'],
    repeatable: true,
    withDefaults: (settings) => settings,
    addresses: () => [vendorAddress],
    sealed: ({ model }) => ({ model }),
    upstreamModel: ({ model }) => `vendor/${model}`,
    async inspect({ settings: { apiKey } }) {
      if (secrets.has(String(apiKey))) return { digest: undefined }
      const message = `names the variable ${apiKey}, which is not set`
      throw new AstraError('invalid_manifest', { reason: message, violations: [{ path: 'apiKey', message }] })
    },
    predict: () => assert.fail('planning sends no call'),
    stream: () => assert.fail('planning sends no call'),
    close: async () => {},
  }
}
