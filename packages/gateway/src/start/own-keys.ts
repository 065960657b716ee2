import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { keyText } from '../control/keys/key-text.ts'
import type { Keyring } from '../control/keys/keyring.ts'
import { keyJson } from '../control/operations/key-json.ts'
import type { Catalog } from '../kernel/catalog.ts'
import { Secret } from '../kernel/secret.ts'
import type { AuditStart } from './audit-start.ts'
import { keyFromFile } from './key-file.ts'
import { StartError, type StartOptions } from './options.ts'

const adminNote = 'the admin key of this gateway'
const demoNote = 'the demo key of this gateway'

interface OwnKeys {
  /** Where the admin key lies; undefined when ASTRA_ADMIN_KEY holds it. */
  readonly adminKeyPath: string | undefined
  readonly demoKey: string | undefined
}

/** The keys that a gateway makes for itself: one for its administrator, and one for the consumer marked `demo`, if any. */
export const ownKeys = {
  /** The consumer behind the admin key: always there, never declared. */
  consumer: 'admin',

  async prepare(ports: {
    keyring: Keyring
    options: StartOptions
    catalog: Catalog
    audit: AuditStart
  }): Promise<OwnKeys> {
    const { options, catalog, audit } = ports
    const keyring = { ...ports.keyring, adopt: auditedAdopt(ports.keyring, audit) }
    const adminKeyPath = options.adminKey === undefined ? join(options.data, 'admin.key') : undefined
    const id =
      adminKeyPath === undefined
        ? await adoptGiven(keyring, options.adminKey ?? '')
        : await adoptFromFile(keyring, adminKeyPath)
    // A rotated ASTRA_ADMIN_KEY must not leave the one before it open.
    await revokeOthers(keyring, adminNote, id, audit)

    const demo = Object.entries(catalog.state.consumers).find(([, consumer]) => consumer.demo)?.[0]
    if (demo === undefined) return { adminKeyPath, demoKey: undefined }
    const demoKey = await keyFromFile(join(options.data, 'demo.key'), newKey)
    const key = await keyring.adopt(new Secret(demoKey), { consumer: demo, permissions: ['infer'], note: demoNote })
    return { adminKeyPath, demoKey: key.revokedAt === undefined ? demoKey : undefined }
  },
}

const adminGrant = { consumer: ownKeys.consumer, permissions: ['admin'], note: adminNote } as const

async function adoptGiven(keyring: Keyring, text: string): Promise<string> {
  const { id, revokedAt } = await keyring.adopt(new Secret(text), adminGrant)
  if (revokedAt === undefined) return id
  throw new StartError(
    'The key in ASTRA_ADMIN_KEY was revoked, by hand or by another in its place. Choose a new one: openssl rand -hex 32',
  )
}

/** A key that was revoked (ASTRA_ADMIN_KEY took its place for a while) is followed by a new one in the same file. */
async function adoptFromFile(keyring: Keyring, path: string): Promise<string> {
  const { id, revokedAt } = await keyring.adopt(new Secret(await keyFromFile(path, newKey)), adminGrant)
  if (revokedAt === undefined) return id
  await rm(path)
  return (await keyring.adopt(new Secret(await keyFromFile(path, newKey)), adminGrant)).id
}

function newKey(): string {
  return keyText(randomBytes)
}

/** A key that was not there before is a change like any other. */
function auditedAdopt(keyring: Keyring, audit: AuditStart): Keyring['adopt'] {
  return async (secret, grant) => {
    const known = keyring.find(secret.reveal())
    const key = await keyring.adopt(secret, grant)
    if (!known) await audit({ operation: 'createKey', target: `/keys/${key.id}`, after: keyJson(key, undefined) })
    return key
  }
}

async function revokeOthers(keyring: Keyring, note: string, id: string, audit: AuditStart): Promise<void> {
  for (const key of keyring.list()) {
    if (key.note === note && key.consumer === ownKeys.consumer && key.id !== id && key.revokedAt === undefined) {
      const [before, after] = [key, await keyring.revoke(key.id)].map((key) => keyJson(key, undefined))
      await audit({ operation: 'revokeKey', target: `/keys/${key.id}`, before, after })
    }
  }
}
