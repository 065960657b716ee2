import { basename } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Signature, TensorSpec } from '@astraapi/oip'
import type { Model } from './model.ts'
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
  /** Preferred for more than one row; gets at most `rowsMax` of serving.json. Answers as many rows as it got, in their order. */
  predictBatch?(rows: readonly Row[]): Promise<readonly Row[]> | readonly Row[]
  close?(): Promise<void> | void
}

/** Imports a model file and lets it load. Throws an Error whose message tells the author of the file what to change. */
export async function loadModule(file: string): Promise<Model> {
  const exported: { readonly model?: unknown } = await import(pathToFileURL(file).href).catch((error) => {
    throw withPlace(error)
  })
  const module = asModuleModel(exported.model)
  await module.load?.()
  return toModel(module)
}

/** A syntax error's stack begins with the file and line that its message lacks; not for every kind of module. */
function withPlace(error: unknown): unknown {
  if (!(error instanceof SyntaxError)) return error
  const [, path, line] = /^(.+):(\d+)\n/.exec(error.stack ?? '') ?? []
  if (path !== undefined) error.message = `${basename(path)}:${line}: ${error.message}`
  return error
}

function toModel(module: ModuleModel): Model {
  const signature: Signature = module.signature
  return {
    platform: 'nodejs_module',
    signature,
    identity: module.identity,
    batches: true,
    async infer(inputs, outputs) {
      const answers = await predict(module, readRows(inputs))
      const wanted = outputs.flatMap((name) => signature.outputs.filter((spec) => spec.name === name))
      return writeRows(answers, wanted)
    },
    async close() {
      await module.close?.()
    },
  }
}

async function predict(module: ModuleModel, rows: readonly Row[]): Promise<readonly unknown[]> {
  if (rows.length > 1 && module.predictBatch !== undefined) return predictTogether(module, rows)
  const answers: unknown[] = []
  for (const row of rows) answers.push(await module.predict(row))
  return answers
}

async function predictTogether(module: ModuleModel, rows: readonly Row[]): Promise<readonly unknown[]> {
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
