import { anthropicFault } from '../../dialects/anthropic/fault.ts'
import type { Backend } from '../../kernel/backend.ts'
import { createVendorBackend, type VendorOptions } from '../vendor/vendor-backend.ts'
import type { VendorProtocol, VendorSettings } from '../vendor/vendor-protocol.ts'

/** Anthropic, and what speaks its protocol. */
const anthropic: VendorProtocol<VendorSettings> = {
  name: 'anthropic',
  description: "A model at Anthropic, or at any address that speaks Anthropic's protocol.",
  address: 'https://api.anthropic.com/v1',
  keyEnv: 'ANTHROPIC_API_KEY',
  settings: {},
  defaults: {},
  sealed: [],
  dialects: { chat: () => 'anthropic-messages' },
  relays: (dialect) => dialect === 'anthropic-messages' || dialect === 'anthropic-count-tokens',
  authorise: (key) => ['x-api-key', key],
  headers: () => ({ 'anthropic-version': '2023-06-01' }),
  path: (path) => path,
  // It tells it unasked.
  wording: () => ({ tellsStreamUsage: true }),
  fault: anthropicFault,
}

export function createAnthropicBackend(options: VendorOptions): Backend {
  return createVendorBackend(anthropic, options)
}
