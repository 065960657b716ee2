import { fileURLToPath } from 'node:url'
import { type Running, startProcess } from './start-process.ts'

export interface RuntimeServer extends Running {
  readonly url: string
}

const bin = fileURLToPath(new URL('../../packages/cli/bin/astraapi.mjs', import.meta.url))

/** `astraapi runtime` over a folder of models, as it runs apart from a gateway; ready when every model was tried. */
export async function startRuntime(models: string, cores?: string | number): Promise<RuntimeServer> {
  let url = ''
  const running = await startProcess(
    process.execPath,
    [bin, 'runtime', '--models', models, '--listen', '127.0.0.1:0'],
    {
      cores,
      ready: /"msg":"ready"/,
      onLine: (line) => {
        const address = /"address":"([^"]+)".*"msg":"listening"/.exec(line)?.[1]
        if (address !== undefined) url = `http://${address}`
      },
      // The bench asked for its end: there is nobody to drain for.
      stopSignal: 'SIGINT',
    },
  )
  return { ...running, url }
}
