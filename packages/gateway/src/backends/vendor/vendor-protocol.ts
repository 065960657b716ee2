import type { RequestWish } from '../../dialects/dialect.ts'
import type { AstraError, Violation } from '../../kernel/errors.ts'
import type { Schema } from '../../kernel/schema/schema.ts'
import type { TaskName } from '../../kernel/tasks.ts'
import type { Dialect } from '../../kernel/wire.ts'
import { type SecretReference, secretSchema } from '../secrets/secret-source.ts'

/**
 * All that tells one vendor's protocol from another's. Everything else, from connections to errors, is the same for all of
 * them: `createVendorBackend` makes a backend of such a table.
 */
export interface VendorProtocol<Settings extends VendorSettings> {
  /** Of the backend, and of the vendor in prices and reports unless the manifest says otherwise. */
  readonly name: string
  /** Of the backend's settings, for who reads the schema. */
  readonly description: string
  /** The vendor's own address. */
  readonly address: string
  /** The environment variable that the key for that address stands in, unless the manifest says otherwise. */
  readonly keyEnv: string
  /** Settings beside those that every vendor has. */
  readonly settings: Readonly<Record<string, Schema>>
  readonly defaults: Readonly<Record<string, unknown>>
  /** Those of its settings that change answers. */
  readonly sealed: readonly string[]
  /** The dialect of canonical calls. */
  readonly dialects: Partial<Readonly<Record<TaskName, (settings: Settings) => Dialect>>>
  /** Whether requests in a dialect may pass through; `own`: every replica is the vendor's own address. */
  relays(dialect: Dialect, settings: Settings, own: boolean): boolean
  /** The header that carries the key. */
  authorise(key: string, settings: Settings): readonly [name: string, value: string]
  /** Further headers, lower case. */
  headers(settings: Settings): Readonly<Record<string, string>>
  /** Where a request goes below the replica's address; `path` is the dialect's. */
  path(path: string, settings: Settings): string
  /** How requests are to be worded; `own`: the replica is the vendor's own address. */
  wording(settings: Settings, own: boolean): Omit<RequestWish, 'model' | 'stream'>
  /** Undefined when the body holds no error. */
  fault(body: unknown, status: number | undefined, began: boolean, retryAfterMs?: number): AstraError | undefined
  /** Settings that do not go together. */
  misfit?(settings: Settings): Violation | undefined
  /** Replicas must be named, as the settings say that the model does not run at the vendor's own address. */
  elsewhere?(settings: Settings): boolean
}

/** What every vendor's versions say in the manifest. */
export interface VendorSettings {
  readonly model: string
  readonly vendor: string
  readonly apiKey?: SecretReference
  readonly headers?: Readonly<Record<string, string | SecretReference>>
}

export function vendorSettingsSchema<Settings extends VendorSettings>({
  name,
  description,
  address,
  keyEnv,
  settings,
}: VendorProtocol<Settings>): Schema {
  const keyDescription = `The key. Left out: that of ${keyEnv} for ${address}, and none for any other address.`
  return {
    type: 'object',
    description,
    properties: {
      model: { type: 'string', minLength: 1, maxLength: 200, pattern: '^[!-~]+$', description: 'Its name there.' },
      apiKey: secretSchema(keyDescription, keyEnv),
      vendor: {
        type: 'string',
        pattern: '^[a-z0-9][a-z0-9.-]*$',
        maxLength: 64,
        description: `Who runs it, as prices and reports name it: "<vendor>/<model>". Left out: ${name}.`,
      },
      headers: {
        type: 'object',
        description:
          'Headers that the address asks for besides: texts, and secrets by reference, {env: NAME} or {file: /path}.',
        maxProperties: 16,
        additionalProperties: {
          oneOf: [{ type: 'string', pattern: '^[ -~]*$', maxLength: 1000 }, secretSchema('A header.', keyEnv)],
        },
      },
      ...settings,
    },
    required: ['model'],
    additionalProperties: false,
  }
}
