/** What a key may do. One table: a permission and those it brings along. */
const permissionTable = {
  infer: { includes: [], means: 'call models and give feedback on the calls' },
  read: { includes: [], means: 'read models, calls, usage and metrics' },
  operate: { includes: ['read'], means: 'move traffic, apply manifests' },
  admin: { includes: ['infer', 'read', 'operate'], means: 'everything, keys included' },
} as const satisfies Record<string, { readonly includes: readonly string[]; readonly means: string }>

export type Permission = keyof typeof permissionTable
export const permissions = Object.keys(permissionTable) as readonly Permission[]

/** A key as the gateway knows it: never the key itself, only its SHA-256. */
export interface Key {
  /** Public handle, e.g. "key_3f9a…"; safe to log. */
  readonly id: string
  readonly consumer: string
  readonly permissions: readonly Permission[]
  /** Names of the models it may use; undefined = all. */
  readonly models?: readonly string[]
  readonly note?: string
  /** ms since the Unix epoch. */
  readonly createdAt: number
  readonly revokedAt?: number
}

/** Consumer, key and permissions behind one call. */
export interface Caller {
  readonly keyId: string
  readonly consumer: string
  /** Every permission, included ones spelt out. */
  readonly permissions: ReadonlySet<Permission>
  /** undefined = every model. */
  readonly models: ReadonlySet<string> | undefined
}

export function callerOf(key: Key): Caller {
  const all = new Set<Permission>()
  for (const permission of key.permissions) {
    all.add(permission)
    for (const included of permissionTable[permission].includes) all.add(included)
  }
  return { keyId: key.id, consumer: key.consumer, permissions: all, models: key.models && new Set(key.models) }
}
