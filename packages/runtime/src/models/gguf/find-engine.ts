import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { LlamaEngine } from './llama-engine.ts'

const engineMissing = 'GGUF models need the local engine: run "npm run engine", then load again.'

/** Where `npm run engine` puts it in a checkout. */
const ownFolder = fileURLToPath(new URL('../../../../../engines/llama', import.meta.url))

/**
 * The engine from a folder that ASTRA_RUNTIME_ENGINE names, else as it is installed beside the runtime, else where `npm run engine`
 * puts it. Throws an Error that says how to get it.
 */
export async function findEngine(env: NodeJS.ProcessEnv = process.env): Promise<LlamaEngine> {
  const named = env.ASTRA_RUNTIME_ENGINE
  const files = named ? [resolveFrom(named)] : [resolveFrom(fileURLToPath(import.meta.url)), resolveFrom(ownFolder)]
  const file = files.find((found) => found !== undefined)
  if (file === undefined) throw new Error(engineMissing)
  return await import(pathToFileURL(file).href)
}

function resolveFrom(place: string): string | undefined {
  try {
    return createRequire(join(place, '_')).resolve('node-llama-cpp')
  } catch {
    return undefined
  }
}
