import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

/** A model repository in a folder of its own, gone when the test ends. Keys are paths below it. */
export async function writeModels(t: TestContext, files: Readonly<Record<string, string>> = {}): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'runtime-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  for (const [path, text] of Object.entries(files)) await writeModelFile(dir, path, text)
  return dir
}

export async function writeModelFile(dir: string, path: string, text: string): Promise<void> {
  await mkdir(dirname(join(dir, path)), { recursive: true })
  await writeFile(join(dir, path), text)
}

/** Adds one of the ONNX models that make-models.py made. */
export async function addOnnx(dir: string, name: string, version = '1.0'): Promise<void> {
  await cp(onnxFile(name), join(dir, name, version, 'model.onnx'), { recursive: true })
}

export function onnxFile(name: string): string {
  return fileURLToPath(new URL(`models/${name}/1.0/model.onnx`, import.meta.url))
}

/** The source of a module model of one text in, one text out. `members` is spliced into the object. */
export function textModule(members: string): string {
  return `import type { ModuleModel } from '@astraapi/runtime'
export const model: ModuleModel = {
  signature: {
    inputs: [{ name: 'text', datatype: 'BYTES', shape: [-1] }],
    outputs: [{ name: 'answer', datatype: 'BYTES', shape: [-1] }],
  },
  ${members}
}
`
}

/** Answers each text with a prefix. */
export function echoModule(prefix: string): string {
  return textModule(`predict: ({ text }) => ({ answer: '${prefix}' + text }),`)
}
