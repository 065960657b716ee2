import { AstraError } from '../../kernel/errors.ts'
import type { Secret } from '../../kernel/secret.ts'
import type { SecretSource } from '../secrets/secret-source.ts'
import {
  type AccessField,
  type AccessForm,
  type Provider,
  providerOf,
  type SecretField,
  secretFields,
} from './providers.ts'
import type { ProviderSettings } from './settings.ts'

export type Secrets = Readonly<Partial<Record<SecretField, Secret>>>

/** The vendor's own key is the default only at the vendor's own address, where it does no harm. */
export function withKeyDefault(settings: ProviderSettings): ProviderSettings {
  const provider: Provider | undefined = providerOf(settings)
  const signsOtherwise = provider?.access.some(({ needs }) => needs[0] !== 'apiKey' && settings[needs[0] ?? 'apiKey'])
  if (!provider || settings.apiKey || settings.baseUrl || signsOtherwise) return settings
  return { ...settings, apiKey: { env: provider.keyEnv } }
}

/** Read anew where they have changed. Throws `upstream_unavailable` where one is missing. */
export async function readSecrets(settings: ProviderSettings, source: SecretSource): Promise<Secrets> {
  const read = secretFields.map(async (field) => {
    const reference = settings[field]
    return reference ? [field, await source.read(reference)] : []
  })
  return Object.fromEntries((await Promise.all(read)).filter((entry) => entry.length > 0))
}

/** Throws `invalid_manifest` at what keeps the version from signing in. */
export async function checkAccess(settings: ProviderSettings, source: SecretSource): Promise<void> {
  const provider = providerOf(settings)
  const named = allFields.filter((field) => settings[field] !== undefined)
  const form = provider.access.find(({ needs, takes = [] }) => {
    return needs.every((field) => named.includes(field)) && named.every((field) => [...needs, ...takes].includes(field))
  })
  if (!form)
    throw fault('', `${provider.label} signs in with ${provider.access.map(nameForm).join(', or ')}, and nothing else`)
  if (settings.baseUrl && settings.project) {
    throw fault('baseUrl', "the gateway's Google credentials are sent to no other address than Google's: use a key")
  }
  for (const field of secretFields) {
    const reference = settings[field]
    if (reference) await source.check(field, reference)
  }
}

const allFields: readonly AccessField[] = [...secretFields, 'region', 'project', 'location']

function nameForm({ needs, takes = [] }: AccessForm): string {
  return [needs.join(' and '), ...takes.map((field) => `perhaps ${field}`)].join(' and ')
}

function fault(path: string, message: string): AstraError {
  return new AstraError('invalid_manifest', { detail: message, violations: [{ path, message }], reason: message })
}
