import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { type SpawnedRuntime, spawnRuntime } from './testing/spawn-runtime.ts'
import { startTestGateway, type TestGateway } from './testing/start-test-gateway.ts'

const path = '/models/word/v1/predict'
const input = { text: 'which?' }

let folder = ''
let remote: SpawnedRuntime | undefined
let gateway: TestGateway | undefined
after(async () => {
  await gateway?.stop()
  await remote?.close()
  await rm(folder, { recursive: true, force: true })
})

it('files that changed while the gateway was stopped serve no call, not even while its own runtime still loads', async () => {
  folder = await mkdtemp(join(tmpdir(), 'astra-other-files-'))
  const [far, near] = [join(folder, 'far'), join(folder, 'near')]
  await writeModel(far, 'word', `predict: () => ({ text: 'applied' })`)
  await writeModel(
    near,
    'late',
    `load: () => new Promise((resolve) => setTimeout(resolve, 3000)), predict: (row) => row`,
  )
  remote = await spawnRuntime(far)
  const config = join(folder, 'astra.yaml')
  await writeFile(config, manifest(remote.url))
  const data = join(folder, 'data')
  const first = await startTestGateway({ config, data, models: near })
  const { body } = await first.ask('POST', path, { input })
  assert.equal(body.output.text, 'applied')
  await first.stop()

  remote.signal('SIGKILL')
  await writeModel(far, 'word', `predict: () => ({ text: 'other' })`)
  await remote.restart()
  const codes: (string | null)[] = []
  let started = false
  const listen = new URL(first.url).host
  const starting = startTestGateway({ listen, config, data, models: near }).finally(() => {
    started = true
  })
  while (!started) {
    const headers = { authorization: `Bearer ${first.adminKey}`, 'content-type': 'application/json' }
    const call = fetch(first.url + path, { method: 'POST', headers, body: JSON.stringify({ input }) })
    const reply = await call.catch(() => undefined)
    if (reply) codes.push(`${reply.status} ${reply.headers.get('astra-error-code')}`)
    await pause(20)
  }
  gateway = await starting
  assert.ok(codes.length > 20, `${codes.length} calls were answered during the start`)
  assert.deepEqual([...new Set(codes)], ['503 upstream_unavailable'])
  const late = await gateway.ask('POST', '/models/late/v1/predict', { input })
  assert.deepEqual(late.body.output, input, 'what did not change is served as soon as the start is over')
  const { body: replicas } = await gateway.ask('GET', '/api/v1/models/word/v1/replicas')
  assert.match(replicas.versions[0].replicas[0].reason, /^serves other files than those applied/)
})

/** A model of one text in, one text out; `members` say what it does. */
async function writeModel(models: string, name: string, members: string): Promise<void> {
  const text = `[{ name: 'text', datatype: 'BYTES', shape: [-1] }]`
  await mkdir(join(models, name, '1.0'), { recursive: true })
  const source = `export const model = { signature: { inputs: ${text}, outputs: ${text} }, ${members} }\n`
  await writeFile(join(models, name, '1.0', 'model.mjs'), source)
}

function manifest(address: string): string {
  return `models:
  word:
    owner: tests
    contracts: { v1: { versions: { "1.0": { replicas: ["${address}"] } } } }
  late:
    owner: tests
    contracts: { v1: { versions: { "1.0": {} } } }
`
}
