import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { findPython, pythonMissing } from './testing/python/find-python.ts'
import { spawnRuntime } from './testing/spawn-runtime.ts'
import { repositoryModels, startTestGateway } from './testing/start-test-gateway.ts'

const repositoryManifest = new URL('../astra.yaml', import.meta.url).pathname
const script = new URL('./testing/python/use_tritonclient.py', import.meta.url).pathname
const python = findPython('tritonclient.http', 'numpy')

/** A server that tritonclient is pointed at. */
interface Server {
  readonly url: string
  readonly env: Readonly<Record<string, string>>
  close(): Promise<unknown>
}

const servers: Readonly<Record<'runtime' | 'gateway', () => Promise<Server>>> = {
  async runtime() {
    const models = await mkdtemp(join(tmpdir(), 'astra-triton-'))
    for (const name of ['spam', 'digits'])
      await cp(join(repositoryModels, name), join(models, name), { recursive: true })
    const runtime = await spawnRuntime(models)
    const close = () => runtime.close().then(() => rm(models, { recursive: true, force: true }))
    return { url: runtime.url, env: { MANAGE: '1' }, close }
  },
  async gateway() {
    const gateway = await startTestGateway({ config: repositoryManifest, models: repositoryModels })
    return { url: gateway.url, env: { ASTRA_KEY: gateway.demoKey ?? '' }, close: () => gateway.stop() }
  },
}

/** Of what the script prints, as far as it is looked at. */
interface Report {
  readonly live: boolean
  readonly ready: boolean
  readonly server: { readonly name: string; readonly extensions: readonly string[] }
  readonly modelReady: boolean
  readonly versionReady: boolean
  readonly missingReady: boolean
  readonly metadata: Metadata
  readonly versionMetadata: Metadata
  readonly index: readonly Entry[]
  readonly infer: Readonly<Record<'json' | 'binary' | 'mixed' | 'oneOutput', Inferred>> & { readonly async: string[] }
  readonly digits: Readonly<Record<'json' | 'binary', Inferred>>
  readonly compressed: Readonly<Record<string, Inferred>>
  readonly errors: Readonly<Record<string, { readonly status: string; readonly message: string } | null>>
  readonly unloaded?: { readonly ready: boolean; readonly error: { readonly status: string }; readonly index: Entry[] }
  readonly loaded?: { readonly ready: boolean; readonly infer: Inferred }
}

interface Metadata {
  readonly name: string
  readonly versions: readonly string[]
  readonly inputs: readonly object[]
  readonly outputs: readonly object[]
}

interface Entry {
  readonly name: string
  readonly version: string
  readonly state: string
}

interface Inferred {
  readonly model: string
  readonly version: string
  readonly id: string | null
  readonly tensors: Readonly<Record<string, readonly unknown[]>>
  readonly encoding: string | null
  readonly binary: boolean
}

for (const [name, open] of Object.entries(servers)) {
  describe(`tritonclient at the ${name}`, { skip: python === undefined && pythonMissing }, () => {
    let server: Server
    let report: Report
    before(async () => {
      server = await open()
      const env = { ...process.env, ...server.env }
      const address = new URL(server.url).host
      report = JSON.parse((await promisify(execFile)(python ?? '', [script, address], { env })).stdout)
    })
    after(() => server?.close())

    it('learns what is there', () => {
      const { live, ready, modelReady, versionReady, missingReady } = report
      assert.deepEqual([live, ready, modelReady, versionReady, missingReady], [true, true, true, true, false])
      assert.ok(report.server.extensions.includes('binary_tensor_data'))
      const { metadata, versionMetadata } = report
      assert.deepEqual([metadata.name, metadata.versions], ['digits', ['1.0', '1.1']])
      assert.deepEqual(metadata.inputs, [{ name: 'pixels', datatype: 'FP32', shape: [-1, 64] }])
      assert.deepEqual(metadata.outputs, [
        { name: 'label', datatype: 'BYTES', shape: [-1] },
        { name: 'score', datatype: 'FP32', shape: [-1] },
      ])
      assert.deepEqual([versionMetadata.name, versionMetadata.versions], ['spam', ['1.0', '1.1']])
      const ready1 = report.index.filter(({ name }) => name === 'spam').map(({ version, state }) => [version, state])
      assert.deepEqual(ready1, [
        ['1.0', 'READY'],
        ['1.1', 'READY'],
      ])
    })

    it('infers in JSON and in binary, text and numbers, with one answer', () => {
      const { json, binary, mixed, oneOutput, async } = report.infer
      assert.deepEqual([json.model, json.version, json.id], ['spam', '1.1', null])
      assert.deepEqual(json.tensors.label, ['spam', 'ham'])
      assert.deepEqual([json.binary, binary.binary, mixed.binary], [false, true, true])
      assert.equal(binary.id, 'mine')
      assert.deepEqual([binary.tensors, mixed.tensors], [json.tensors, json.tensors])
      assert.deepEqual(oneOutput.tensors, { score: json.tensors.score })
      assert.deepEqual(async, json.tensors.label)
      const { digits } = report
      assert.deepEqual([digits.json.binary, digits.binary.binary], [false, true])
      assert.deepEqual(digits.binary.tensors, digits.json.tensors)
    })

    it('sends and receives gzip and deflate', () => {
      const expected = { 'gzip-gzip': 'gzip', 'deflate-deflate': 'deflate', 'gzip-deflate': 'deflate' }
      const seen = Object.entries(report.compressed).map(([way, { encoding }]) => [way, encoding])
      assert.deepEqual(Object.fromEntries(seen), expected)
      const { label = [], score = [] } = report.infer.json.tensors
      const many = <T>(values: readonly T[]) => Array.from({ length: 64 }, () => values).flat()
      for (const { tensors } of Object.values(report.compressed))
        assert.deepEqual(tensors, { label: many(label), score: many(score) })
    })

    const errors: readonly (readonly [string, string, RegExp])[] = [
      ['model', '404', /no model "nothing"/],
      ['metadata', '404', /no model "nothing"/],
      ['version', '404', /has no version "9"/],
      ['shape', '400', /^Input "pixels" has shape \[1,63\], but the model takes \[-1,64\]/],
      ['datatype', '400', /^Input "pixels" is FP64, but the model takes FP32/],
      ['jsonDatatype', '400', /^Input "pixels" is INT32, but the model takes FP32/],
      ['input', '400', /^The model has no input "txet"; its inputs are: text/],
      ['output', '400', /^The model has no output "scroe"; its outputs are: label, score/],
      ...(name === 'gateway'
        ? ([
            ['load', '501', /does not load models\. Models are deployed with the manifest: "astraapi apply"/],
            ['unload', '501', /does not unload models\. Models are deployed with the manifest: "astraapi apply"/],
            ['key', '401', /The key that was sent is not known here\. Send "Authorization: Bearer <key>"/],
          ] as const)
        : ([['load', '404', /no model "nothing"/]] as const)),
    ]
    it('gets an InferenceServerException with the status and what is wrong', () => {
      for (const [what, status, message] of errors) {
        assert.equal(report.errors[what]?.status, status, `${what}: ${report.errors[what]?.message}`)
        assert.match(report.errors[what]?.message ?? '', message)
      }
      assert.deepEqual(Object.keys(report.errors).sort(), errors.map(([what]) => what).sort())
    })

    if (name === 'runtime') {
      it('unloads a model and loads it again', () => {
        const { unloaded, loaded } = report
        assert.equal(unloaded?.ready, false)
        assert.equal(unloaded?.error.status, '503')
        const states = unloaded?.index.map(({ name, state }) => `${name} ${state}`)
        assert.deepEqual([...new Set(states)].sort(), ['digits UNAVAILABLE', 'spam READY'])
        assert.equal(loaded?.ready, true)
        assert.deepEqual(loaded?.infer.tensors, report.digits.binary.tensors)
      })
    }

    if (name === 'gateway') {
      it("does the README's example", async () => {
        const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
        const [, section = ''] = readme.split('## With tritonclient')
        const [, example = ''] = /```python\n(.*?)```/s.exec(section) ?? []
        const folder = await mkdtemp(join(tmpdir(), 'astra-triton-'))
        await mkdir(join(folder, '.astra'))
        await writeFile(join(folder, '.astra/demo.key'), `${server.env.ASTRA_KEY}\n`)
        const code = example.replaceAll('127.0.0.1:8787', new URL(server.url).host)
        const { stdout } = await promisify(execFile)(python ?? '', ['-c', code], { cwd: folder })
        assert.match(stdout, /^\[b?'spam' b?'ham'\] 1\.[01]\n$/)
        await rm(folder, { recursive: true })
      })
    }
  })
}
