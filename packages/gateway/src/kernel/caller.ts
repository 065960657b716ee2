import type { Limits } from './limits.ts'

/** What a key may do. One table: a permission and those it brings along. */
const permissionTable = {
  infer: { includes: [], means: 'call models and give feedback on the calls' },
  read: { includes: [], means: 'read models, calls, usage and metrics' },
  operate: { includes: ['read'], means: 'move traffic, apply manifests' },
  admin: { includes: ['infer', 'read', 'operate'], means: 'everything, keys included' },
} as const satisfies Record<string, { readonly includes: readonly string[]; readonly means: string }>

export type Permission = keyof typeof permissionTable
export const permissions = Object.keys(permissionTable) as readonly Permission[]

/** Of a key that is made without any. */
export const defaultPermissions: readonly Permission[] = ['infer']

/** A key as the gateway knows it: never the key itself, only its SHA-256. */
export interface Key {
  /** Public handle, e.g. "key_3f9a…"; safe to log. */
  readonly id: string
  readonly consumer: string
  readonly permissions: readonly Permission[]
  /** Names of the models it may use; undefined = all. */
  readonly models?: readonly string[]
  readonly note?: string
  readonly limits?: Limits
  /** Addresses and networks ("10.0.0.0/8") that it may be used from; left out: all. */
  readonly addresses?: readonly string[]
  /** ms since the Unix epoch. */
  readonly createdAt: number
  readonly expiresAt?: number
  readonly revokedAt?: number
  /** The key that it takes the place of; that one works until its own `expiresAt`. */
  readonly replaces?: string
  /** The first of the keys that one after the other took each other's place: its limits go on for all of them. Left out: itself. */
  readonly countsAs?: string
  /** Rises with each change. Left out: 1. */
  readonly revision?: number
}

export function revisionOf({ revision = 1 }: Key): number {
  return revision
}

/** Consumer, key and permissions behind one call. */
export interface Caller {
  /** Of a token that was minted from a key, that key's; of one of an issuer's, "issuer:…". */
  readonly keyId: string
  readonly consumer: string
  /** Where a token's claims say it; else the consumer's own. */
  readonly team?: string
  /** Of its key. */
  readonly limits?: Limits
  /** The key under whose id those limits are counted, where that is another. */
  readonly countsAs?: string
  /** Every permission, included ones spelt out. */
  readonly permissions: ReadonlySet<Permission>
  /** undefined = every model. */
  readonly models: ReadonlySet<string> | undefined
  /** Of a minted token: where its key may be used from, which binds the token too. What a key itself is bound to is looked at with the key. */
  readonly addresses?: readonly string[]
  /** By what it is known, where that is no key: a token minted from one, or a token of an issuer's. */
  readonly token?: 'minted' | 'issued'
  /** Of an issuer's token: the values of those claims that traffic rules ask about, by dotted path. */
  readonly claims?: Readonly<Record<string, readonly string[]>>
  /** What stands in a minted token and counts for all its calls, whatever they say themselves. */
  readonly bound?: { readonly unit?: string; readonly session?: string }
}

/** What a token that is minted from a key allows, of what the key does. */
export interface TokenGrant {
  /** ms since the Unix epoch. */
  readonly expiresAt: number
  /** Left out: those of the key. */
  readonly models?: readonly string[]
  /** Of all its calls, whatever they say themselves. */
  readonly unit?: string
  readonly session?: string
}

export function callerOf(key: Key): Caller {
  const all = new Set<Permission>()
  for (const permission of key.permissions) {
    all.add(permission)
    for (const included of permissionTable[permission].includes) all.add(included)
  }
  const caller = { keyId: key.id, consumer: key.consumer, permissions: all, models: key.models && new Set(key.models) }
  if (!key.limits) return caller
  return { ...caller, limits: key.limits, ...(key.countsAs === undefined ? {} : { countsAs: key.countsAs }) }
}
