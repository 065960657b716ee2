import { randomBytes } from 'node:crypto'
import { createKeyring } from '../../packages/gateway/src/control/keys/keyring.ts'
import { systemClock } from '../../packages/gateway/src/kernel/clock.ts'
import { openSqliteStore } from '../../packages/gateway/src/stores/sqlite/sqlite.ts'
import { startGatewayProcess } from './gateway.ts'

/** So many keys are under way at once: the store's worker is kept busy, its queue short. */
const lanes = 64

/**
 * Fills a data folder as its owner would, only faster: the manifest by a start of the gateway, which applies it, and the keys
 * by the keyring over the store's own port (by the API, 100,000 of them take minutes). Returns some of the keys.
 */
export async function fillDataFolder(data: string, manifest: string, keys: number): Promise<readonly string[]> {
  const gateway = await startGatewayProcess({ manifest, data, cores: undefined })
  await gateway.stop()
  const store = await openSqliteStore({ dataDir: data, clock: systemClock })
  try {
    const keyring = await createKeyring({ store: store.state, clock: systemClock, random: randomBytes })
    const kept: string[] = []
    let made = 0
    const lane = async () => {
      while (made < keys) {
        const number = made++
        const { secret } = await keyring.create({ consumer: 'bench', permissions: ['infer'] })
        // Spread over the whole, so that they are no neighbours in the index.
        if (number % Math.max(1, Math.floor(keys / 1000)) === 0) kept.push(secret.reveal())
      }
    }
    await Promise.all(Array.from({ length: Math.min(lanes, keys) }, lane))
    return kept
  } finally {
    await store.close()
  }
}
