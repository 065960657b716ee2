import assert from 'node:assert/strict'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, it } from 'node:test'
import { type Load, startLoad } from './testing/load.ts'
import { type SpawnedRuntime, spawnRuntime } from './testing/spawn-runtime.ts'
import { emptyModels, repositoryModels, startTestGateway, type TestGateway } from './testing/start-test-gateway.ts'
import { waitUntil } from './testing/wait-until.ts'

/** Long enough for two health checks in a row to find it not ready. */
const drainMs = 5500
/** Goes on while the runtime says that it is not ready, and after it has closed its port. */
const slowMs = 9000

const slowModel = `export const model = {
  signature: {
    inputs: [{ name: 'ms', datatype: 'INT32', shape: [-1] }],
    outputs: [{ name: 'ms', datatype: 'INT32', shape: [-1] }],
  },
  predict: ({ ms }) => new Promise((resolve) => setTimeout(resolve, ms, { ms })),
}
`

let folder: string
let runtimes: readonly SpawnedRuntime[]
let gateway: TestGateway
let load: Load

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'astra-drain-'))
  const models = join(folder, 'models')
  await cp(join(repositoryModels, 'spam', '1.1'), join(models, 'spam', '1.1'), { recursive: true })
  await mkdir(join(models, 'slow', '1.0'), { recursive: true })
  await writeFile(join(models, 'slow', '1.0', 'model.mjs'), slowModel)
  runtimes = await Promise.all([0, 1].map(() => spawnRuntime(models, ['--drain-ms', String(drainMs)])))
  const config = join(folder, 'astra.yaml')
  await writeFile(config, manifest(runtimes.map(({ url }) => url)))
  gateway = await startTestGateway({ config, models: emptyModels })
  load = startLoad(gateway, '/models/spam/v1/predict', { text: 'You have won a prize' }, 8)
})
after(async () => {
  await load.stop()
  await gateway.stop()
  await Promise.all(runtimes.map((runtime) => runtime.close()))
  await rm(folder, { recursive: true, force: true })
})

it('a runtime stops under load: no call fails, and the slow one in flight there is answered there', async () => {
  const slow = gateway.ask('POST', '/models/slow/v1/predict', { input: { ms: slowMs } })
  let busy: string | undefined
  await waitUntil(
    'the slow call is in flight',
    async () => {
      const { body } = await gateway.ask('GET', '/api/v1/models/slow/v1/replicas')
      const replicas: readonly { address: string; inFlight: number }[] = body.versions[0].replicas
      busy = replicas.find(({ inFlight }) => inFlight > 0)?.address
      return busy !== undefined
    },
    5000,
  )
  const stopping = runtimes.find(({ url }) => url === busy)
  stopping?.signal('SIGTERM')
  const { status, body } = await slow
  assert.equal(status, 200, JSON.stringify(body))
  const { body: known } = await gateway.ask('GET', `/api/v1/calls/${body.id}`)
  assert.deepEqual(
    known.call.attempts.map(({ replica, code }: { replica: string; code?: string }) => [replica, code]),
    [[busy, undefined]],
  )
  assert.equal(await stopping?.ended(), 0)
  const answered = load.answered
  await waitUntil('the other one goes on', () => load.answered > answered + 100, 10_000)
  assert.deepEqual([...load.failed], [])
})

function manifest(addresses: readonly string[]): string {
  const replicas = addresses.map((address) => `"${address}"`).join(', ')
  return `models:
  slow:
    owner: tests
    contracts: { v1: { limits: { timeout: 30s }, versions: { "1.0": { replicas: [${replicas}] } } } }
  spam:
    owner: tests
    contracts: { v1: { versions: { "1.1": { replicas: [${replicas}] } } } }
`
}
