import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort } from '../servers/free-port.ts'
import { type Running, startProcess } from '../servers/start-process.ts'

export interface Mlserver extends Running {
  readonly url: string
}

/** Of the models that it serves, the most rows in a batch, and how long one may wait for more (s): MLServer needs some time. */
const batching = { max_batch_size: 8, max_batch_time: 0.005 }
const packages = ['mlserver==1.7.1', 'onnxruntime==1.32.0']
const run = promisify(execFile)

/** Installs MLServer from PyPI into a temporary folder and has it serve these ONNX files by their names, with its own batching. */
export async function startMlserver(models: ReadonlyMap<string, string>): Promise<Mlserver> {
  const folder = await mkdtemp(join(tmpdir(), 'astra-bench-mlserver-'))
  const forget = () => rm(folder, { recursive: true, force: true })
  try {
    await run('python3', ['-m', 'venv', join(folder, 'venv')])
    const bin = join(folder, 'venv', 'bin')
    await run(join(bin, 'pip'), ['install', '--quiet', ...packages], { timeout: 600_000 })
    const served = join(folder, 'served')
    for (const [name, file] of models) await writeModel(join(served, name), name, file)
    const port = await freePort()
    const settings = { host: '127.0.0.1', http_port: port, grpc_port: await freePort(), metrics_port: await freePort() }
    // Models in its own process: on two cores a pool of workers only adds copies.
    const all = { ...settings, parallel_workers: 0, debug: false }
    await writeFile(join(served, 'settings.json'), JSON.stringify(all))
    const running = await startProcess(join(bin, 'mlserver'), ['start', served], {
      cores: undefined,
      ready: /Uvicorn running on http:.*:(\d+)/,
      // The class is found by its module's name.
      env: { PYTHONPATH: served },
    })
    return {
      ...running,
      url: `http://127.0.0.1:${port}`,
      async stop() {
        await running.stop()
        await forget()
      },
    }
  } catch (thrown) {
    await forget()
    throw thrown
  }
}

async function writeModel(folder: string, name: string, file: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const uri = join(folder, 'model.onnx')
  await copyFile(file, uri)
  const code = fileURLToPath(new URL('./onnx_runtime.py', import.meta.url))
  await copyFile(code, join(folder, '..', 'onnx_runtime.py'))
  const settings = { name, implementation: 'onnx_runtime.OnnxModel', parameters: { uri }, ...batching }
  await writeFile(join(folder, 'model-settings.json'), JSON.stringify(settings))
}
