import { setImmediate } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import type { Signature, TensorSpec } from '@astraapi/oip'
import type { LoadOptions, Model } from './model.ts'
import { checkSignature } from './module-signature.ts'
import { readRows, type Value, writeRows } from './rows.ts'

export type { Value }

/** One row: tensor name -> its value without the batch dimension. */
export type Row = Readonly<Record<string, Value>>

/** What a `model.ts` exports as `model`: a model written in JavaScript or TypeScript. */
export interface ModuleModel {
  readonly signature: { readonly inputs: readonly TensorSpec[]; readonly outputs: readonly TensorSpec[] }
  /** What else decides the answers, besides this file: e.g. name@version of the package that carries the weights. Part of the digest. */
  readonly identity?: string
  /** Called once, before anything else: read the weights here. */
  load?(): Promise<void> | void
  predict(row: Row): Promise<Row> | Row
  /** Preferred for more than one row; gets at most 16 at a time. Answers as many rows as it got, in their order. */
  predictBatch?(rows: readonly Row[]): Promise<readonly Row[]> | readonly Row[]
  close?(): Promise<void> | void
}

/** Imports a model file and lets it load. Throws an Error whose message tells the author of the file what to change. */
export async function loadModule(file: string, { filesDigest }: LoadOptions): Promise<Model> {
  // Node keeps an imported module for good, a failed one too: the digest makes a mended file another module.
  const url = pathToFileURL(file)
  url.searchParams.set('files', filesDigest)
  const exported: { readonly model?: unknown } = await import(url.href)
  const module = asModuleModel(exported.model)
  await module.load?.()
  return toModel(module)
}

function toModel(module: ModuleModel): Model {
  const signature: Signature = module.signature
  return {
    platform: 'nodejs_module',
    signature,
    identity: module.identity,
    async infer(inputs, outputs, signal) {
      const answers = await predict(module, readRows(inputs), signal)
      const wanted = outputs.flatMap((name) => signature.outputs.filter((spec) => spec.name === name))
      return writeRows(answers, wanted)
    },
    async close() {
      await module.close?.()
    },
  }
}

const ROWS_AT_ONCE = 16

/** In steps: between two of them other requests get their turn, and a call that was abandoned ends. */
async function predict(module: ModuleModel, rows: readonly Row[], signal: AbortSignal | undefined): Promise<unknown[]> {
  const batched = rows.length > 1 && module.predictBatch !== undefined
  const step = batched ? ROWS_AT_ONCE : 1
  const answers: unknown[] = []
  for (let at = 0; at < rows.length; at += step) {
    if (at > 0) await setImmediate()
    signal?.throwIfAborted()
    const slice = rows.slice(at, at + step)
    answers.push(...(batched ? await predictSlice(module, slice) : [await module.predict(slice[0] ?? {})]))
  }
  return answers
}

async function predictSlice(module: ModuleModel, rows: readonly Row[]): Promise<readonly unknown[]> {
  const answers: unknown = await module.predictBatch?.(rows)
  if (Array.isArray(answers) && answers.length === rows.length) return answers
  throw new Error(`predictBatch() must answer ${rows.length} rows, one per row that it got`)
}

function asModuleModel(value: unknown): ModuleModel {
  if (!isModuleModel(value)) {
    throw new Error('The file must export `model`, an object with `signature` and `predict` (see ModuleModel)')
  }
  for (const name of ['load', 'predictBatch', 'close'] as const) {
    if (value[name] !== undefined && typeof value[name] !== 'function') throw new Error(`model.${name} is no function`)
  }
  if (value.identity !== undefined && typeof value.identity !== 'string') {
    throw new Error('model.identity must be a string')
  }
  checkSignature(value.signature)
  return value
}

function isModuleModel(value: unknown): value is ModuleModel {
  if (typeof value !== 'object' || value === null) return false
  return 'signature' in value && 'predict' in value && typeof value.predict === 'function'
}
