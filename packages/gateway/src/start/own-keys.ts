import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { keyText } from '../control/keys/key-text.ts'
import type { Keyring } from '../control/keys/keyring.ts'
import type { Catalog } from '../kernel/catalog.ts'
import { Secret } from '../kernel/secret.ts'
import { keyFromFile } from './key-file.ts'
import type { StartOptions } from './options.ts'

const adminNote = 'the admin key of this gateway'
const demoNote = 'the demo key of this gateway'

interface OwnKeys {
  readonly adminKeyPath: string
  readonly demoKey: string | undefined
}

/** The keys that a gateway makes for itself: one for its administrator, and one for the consumer marked `demo`, if any. */
export const ownKeys = {
  /** The consumer behind the admin key: always there, never declared. */
  consumer: 'admin',

  async prepare(ports: { keyring: Keyring; options: StartOptions; catalog: Catalog }): Promise<OwnKeys> {
    const { keyring, options, catalog } = ports
    const adminKeyPath = join(options.data, 'admin.key')
    const admin = options.adminKey ?? (await keyFromFile(adminKeyPath, () => keyText(randomBytes)))
    const { id } = await keyring.adopt(new Secret(admin), {
      consumer: 'admin',
      permissions: ['admin'],
      note: adminNote,
    })
    // A rotated ASTRA_ADMIN_KEY must not leave the one before it open.
    await revokeOthers(keyring, adminNote, id)

    const demo = Object.entries(catalog.state.consumers).find(([, consumer]) => consumer.demo)?.[0]
    if (demo === undefined) return { adminKeyPath, demoKey: undefined }
    const demoKey = await keyFromFile(join(options.data, 'demo.key'), () => keyText(randomBytes))
    const key = await keyring.adopt(new Secret(demoKey), { consumer: demo, permissions: ['infer'], note: demoNote })
    return { adminKeyPath, demoKey: key.revokedAt === undefined ? demoKey : undefined }
  },
}

async function revokeOthers(keyring: Keyring, note: string, id: string): Promise<void> {
  for (const key of keyring.list()) {
    if (key.note === note && key.consumer === ownKeys.consumer && key.id !== id && key.revokedAt === undefined) {
      await keyring.revoke(key.id)
    }
  }
}
