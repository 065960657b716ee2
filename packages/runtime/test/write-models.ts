import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** What a test, or a whole file of them, can tell of its end. */
export interface HasEnd {
  after(end: () => unknown): void
}

/** A model repository in a folder of its own, gone when the test ends. Keys are paths below it. */
export async function writeModels(t: HasEnd, files: Readonly<Record<string, string>> = {}): Promise<string> {
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

/**
 * A module of which a test decides when it answers: it writes down each text before it computes it, and answers once there
 * is a file for that. The empty text of a warm-up passes.
 */
export function gatedModule(folder: string, members = ''): string {
  return `import { appendFileSync, existsSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
${textModule(`async predict({ text }) {
    if (text === '') return { answer: '' }
    appendFileSync('${folder}/computed', text + '\\n')
    while (!existsSync('${folder}/gate')) await setTimeout(2)
    return { answer: text }
  },
  ${members}`)}`
}

/** What a gated module has begun to compute. */
export async function computed(folder: string): Promise<readonly string[]> {
  const text = await readFile(join(folder, 'computed'), 'utf8').catch(() => '')
  return text.split('\n').filter(Boolean)
}

export async function openGate(folder: string): Promise<void> {
  await writeFile(join(folder, 'gate'), '')
}

/** Waits for what is bound to become true, for at most 10 s. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`It did not come true in time: ${isSo}`)
    await setTimeout(2)
  }
}
