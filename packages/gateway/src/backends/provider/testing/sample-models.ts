import type { ProviderSettings } from '../settings.ts'

/** A model per vendor that can do most of what the vendor's protocol can. */
export const sampleModels: Readonly<Record<ProviderSettings['provider'], ProviderSettings>> = {
  google: { provider: 'google', model: 'gemini-2.5-pro' },
  vertex: { provider: 'vertex', model: 'gemini-2.5-pro' },
  bedrock: { provider: 'bedrock', model: 'anthropic.claude-sonnet-4-5-20250929-v1:0', region: 'eu-central-1' },
  mistral: { provider: 'mistral', model: 'mistral-medium-latest' },
  cohere: { provider: 'cohere', model: 'command-a-reasoning-08-2025' },
  groq: { provider: 'groq', model: 'openai/gpt-oss-120b' },
  xai: { provider: 'xai', model: 'grok-4.3' },
  deepseek: { provider: 'deepseek', model: 'deepseek-chat' },
}
