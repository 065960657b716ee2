import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type SpawnedMlserver, spawnMlserver } from './testing/mlserver/spawn-mlserver.ts'
import { findPython, pythonMissing } from './testing/python/find-python.ts'
import { startTestGateway, type TestGateway } from './testing/start-test-gateway.ts'

const python = findPython('mlserver')

/** What a version at an MLServer is, as astra.yaml declares it. */
const manifest = (url: string, id = '1.0') => `
models:
  several:
    owner: tests
    contracts:
      v1:
        versions:
          "${id}": { backend: oip, replicas: ["${url}"] }
`

const item = (text: string, first = 1, count = 1) => ({
  text,
  image: [
    [first, 2],
    [3, 0.1],
  ],
  count,
  flag: true,
})

const answer = (upper: string, next = 2) => ({
  upper,
  root: 1,
  doubled: [
    [2, 4],
    [6, 0.2],
  ],
  next,
  opposite: false,
  small: [0, 1, 2, 3, 4],
})

describe('a model at a real MLServer', { skip: python === undefined && pythonMissing }, () => {
  let folder: string
  let mlserver: SpawnedMlserver
  let gateway: TestGateway

  before(async () => {
    if (python === undefined) return
    mlserver = await spawnMlserver(python)
    folder = await mkdtemp(join(tmpdir(), 'astra-mlserver-'))
    const config = join(folder, 'astra.yaml')
    await writeFile(config, manifest(mlserver.url))
    gateway = await startTestGateway({ config })
  })
  after(async () => {
    await gateway?.stop()
    await mlserver?.close()
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  })

  const predict = (body: unknown) => gateway.ask('POST', '/models/several/v1/predict', body)

  it('its tensors are the contract, its rows the answer, whatever shape it gives them', async () => {
    const { status, body } = await predict({ input: item('straße') })
    assert.equal(status, 200, JSON.stringify(body))
    assert.deepEqual(body.output, answer('STRASSE'))
  })

  it('many items are one request, and come back in order', async () => {
    const texts = Array.from({ length: 30 }, (_, i) => `text ${(i * 7) % 30}`)
    const { body } = await predict({ inputs: texts.map((text) => item(text)) })
    assert.deepEqual(
      body.results.map(({ output }: { output: { upper: string } }) => output.upper),
      texts.map((text) => text.toUpperCase()),
    )
  })

  it('an item that it refuses, or answers with what JSON cannot say, spares the others', async () => {
    const inputs = [item('a'), item('refuse me'), item('b', -1), item('c', 1, Number.MAX_SAFE_INTEGER), item('d')]
    const { body } = await predict({ inputs })
    assert.deepEqual(
      body.results.map(({ output, error }: { output?: { upper: string }; error?: { code: string } }) =>
        error ? error.code : output?.upper,
      ),
      ['A', 'invalid_input', 'invalid_output', 'invalid_output', 'D'],
    )
    assert.doesNotMatch(JSON.stringify(body), /secret words/)
  })

  it('a version that it does not have is refused at plan, naming those that there are', async () => {
    const { body } = await gateway.ask('POST', '/api/v1/manifest/plan', { yaml: manifest(mlserver.url, '2.0') })
    assert.equal(body.valid, false)
    assert.match(JSON.stringify(body.faults), /has several in 1\.0, not in 2\.0/)
  })
})
