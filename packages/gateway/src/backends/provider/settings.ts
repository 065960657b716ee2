import type { Schema } from '../../kernel/schema/schema.ts'
import { type SecretReference, secretSchema } from '../secrets/secret-source.ts'
import { type ProviderName, providers } from './providers.ts'

/** The fields of a version in the manifest; `providerSettingsSchema` has checked them. */
export interface ProviderSettings {
  readonly provider: ProviderName
  readonly model: string
  readonly baseUrl?: string
  readonly apiKey?: SecretReference
  readonly region?: string
  readonly accessKeyId?: SecretReference
  readonly secretAccessKey?: SecretReference
  readonly sessionToken?: SecretReference
  readonly project?: string
  readonly location?: string
}

const label: Schema = { type: 'string', pattern: '^[a-z0-9][a-z0-9-]*$' }

export const providerSettingsSchema: Schema = {
  type: 'object',
  description: "A model at a vendor that is reached through the AI SDK's packages.",
  properties: {
    provider: { type: 'string', enum: Object.keys(providers), description: 'The vendor.' },
    model: { type: 'string', minLength: 1, description: 'Its name there, e.g. "gemini-2.5-flash".' },
    baseUrl: {
      type: 'string',
      pattern: '^https?://',
      description:
        "Another address than the vendor's own. The key has to be named then: the vendor's is not sent there.",
    },
    apiKey: secretSchema(
      "The vendor's API key. Left out: the environment variable that the vendor's tools read.",
      'NAME',
    ),
    region: { ...label, description: 'bedrock: the AWS region, e.g. "eu-central-1".' },
    accessKeyId: secretSchema('bedrock: an AWS access key, in place of an API key.', 'AWS_ACCESS_KEY_ID'),
    secretAccessKey: secretSchema('bedrock: the secret that belongs to it.', 'AWS_SECRET_ACCESS_KEY'),
    sessionToken: secretSchema('bedrock: for temporary credentials.', 'AWS_SESSION_TOKEN'),
    project: {
      ...label,
      description:
        "vertex: the Google Cloud project, in place of an API key; the gateway's Google credentials sign in.",
    },
    location: { ...label, description: 'vertex: its location, e.g. "europe-west4" or "global".' },
  },
  required: ['provider', 'model'],
  additionalProperties: false,
}

/** What calls prices and reports know it by. */
export function upstreamModel({ provider, model }: ProviderSettings): string {
  return `${provider}/${model}`
}

export function readSettings(settings: Readonly<Record<string, unknown>>): ProviderSettings {
  return settings as unknown as ProviderSettings
}
