import assert from 'node:assert/strict'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type Load, startLoad } from './testing/load.ts'
import { openSlowProxy, type SlowProxy } from './testing/slow-proxy.ts'
import { type SpawnedRuntime, spawnRuntime } from './testing/spawn-runtime.ts'
import { emptyModels, repositoryModels, startTestGateway, type TestGateway } from './testing/start-test-gateway.ts'
import { waitUntil } from './testing/wait-until.ts'

interface Replica {
  readonly address: string
  readonly state: string
  readonly reason?: string
  readonly attempts: number
}

const clients = 16
const path = '/models/spam/v1/predict'
const input = { text: 'You have won a prize' }

describe('replicas fail well', () => {
  let folder: string
  let runtimes: SpawnedRuntime[]
  let proxy: SlowProxy
  let gateway: TestGateway
  let load: Load

  /** Killed, hung, slow (behind the proxy), and one that stays well. */
  const addressOf = (which: 'killed' | 'hung' | 'slow' | 'well') => {
    if (which === 'slow') return proxy.url
    return { killed: runtimes[0], hung: runtimes[1], well: runtimes[3] }[which]?.url ?? ''
  }
  const replicas = async (): Promise<readonly Replica[]> => {
    const { body } = await gateway.ask('GET', '/api/v1/models/spam/v1/replicas')
    return body.versions[0].replicas
  }
  const stateOf = async (which: Parameters<typeof addressOf>[0]) =>
    (await replicas()).find(({ address }) => address === addressOf(which))?.state

  /** Each address's part of the attempts that begin from now until `calls` more were answered. */
  const shares = async (calls: number): Promise<ReadonlyMap<string, number>> => {
    const before = new Map((await replicas()).map(({ address, attempts }) => [address, attempts]))
    const target = load.answered + calls
    await waitUntil(`${calls} answers`, () => load.answered >= target, 30_000)
    const begun = (await replicas()).map(
      ({ address, attempts }) => [address, attempts - (before.get(address) ?? 0)] as const,
    )
    const total = begun.reduce((sum, [, attempts]) => sum + attempts, 0)
    return new Map(begun.map(([address, attempts]) => [address, attempts / total]))
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'astra-replicas-'))
    await cp(join(repositoryModels, 'spam', '1.1'), join(folder, 'models', 'spam', '1.1'), { recursive: true })
    runtimes = await Promise.all([0, 1, 2, 3].map(() => spawnRuntime(join(folder, 'models'))))
    proxy = await openSlowProxy(runtimes[2]?.port ?? 0)
    const config = join(folder, 'astra.yaml')
    const addresses = [addressOf('killed'), addressOf('hung'), addressOf('slow'), addressOf('well')]
    await writeFile(config, manifest(addresses))
    gateway = await startTestGateway({ config, models: emptyModels })
    load = startLoad(gateway, path, input, clients)
  })
  after(async () => {
    await load.stop()
    await gateway.stop()
    await proxy.close()
    await Promise.all(runtimes.map((runtime) => runtime.close()))
    await rm(folder, { recursive: true, force: true })
  })

  it('equal replicas get equal shares', async () => {
    const all = await shares(2000)
    // The one behind the proxy is slower by a hop.
    const even = (['killed', 'hung', 'well'] as const).map((which) => all.get(addressOf(which)) ?? 0)
    assert.ok(Math.max(...even) < 1.5 * Math.min(...even), `${even}`)
  })

  it('one killed, one hung, one slow: no call fails, and the slow one gets few', async (t) => {
    proxy.delayMs = 400
    runtimes[0]?.signal('SIGKILL')
    runtimes[1]?.signal('SIGSTOP')
    await waitUntil(
      'the killed and the hung one take no calls',
      async () => {
        const states = [await stateOf('killed'), await stateOf('hung')]
        return states.every((state) => state === 'down' || state === 'ejected')
      },
      20_000,
    )
    const during = await shares(2000)
    const slow = during.get(addressOf('slow')) ?? 1
    // An even share would be a half.
    t.diagnostic(`the slow one had ${(100 * slow).toFixed(1)} % of the attempts`)
    assert.ok(slow < 0.2, `the slow one still had ${slow}`)
    assert.ok((during.get(addressOf('well')) ?? 0) > 0.75)
    for (const { state, reason } of await replicas()) assert.ok(state === 'ready' || reason, `${state} has a reason`)
    assert.deepEqual([...load.failed], [])
  })

  it('recovery is automatic', async () => {
    proxy.delayMs = 0
    runtimes[1]?.signal('SIGCONT')
    await runtimes[0]?.restart()
    await waitUntil('all are ready', async () => (await replicas()).every(({ state }) => state === 'ready'), 60_000)
    await waitUntil(
      'each has its share again',
      async () => {
        const now = await shares(1000)
        return [...now.values()].every((share) => share > 0.1)
      },
      60_000,
    )
    assert.deepEqual([...load.failed], [])
  })

  it('a replica is removed and added under load without a failed call', async () => {
    const at = '/api/v1/models/spam/v1/versions/1.1/replicas'
    const any = { headers: { 'if-match': '*' } }
    const address = addressOf('hung')
    const before = load.answered
    for (let turn = 0; turn < 5; turn++) {
      const removed = await gateway.ask('DELETE', `${at}?address=${encodeURIComponent(address)}`, undefined, any)
      assert.equal(removed.status, 200, JSON.stringify(removed.body))
      await waitUntil('it has drained', async () => !(await replicas()).some((one) => one.address === address), 10_000)
      const added = await gateway.ask('POST', at, { address }, any)
      assert.equal(added.status, 200, JSON.stringify(added.body))
      await waitUntil(
        'it takes calls',
        async () => {
          const found = (await replicas()).find((one) => one.address === address)
          return (found?.attempts ?? 0) > 0
        },
        10_000,
      )
    }
    assert.ok(load.answered > before)
    assert.deepEqual([...load.failed], [])
  })
})

function manifest(addresses: readonly string[]): string {
  return `models:
  spam:
    owner: tests
    contracts:
      v1:
        versions:
          "1.1": { replicas: [${addresses.map((address) => `"${address}"`).join(', ')}] }
`
}
