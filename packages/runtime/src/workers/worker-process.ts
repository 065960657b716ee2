// The program of a worker process: one model, loaded when it starts, asked over file descriptor 3.

import { flushCompileCache } from 'node:module'
import { Socket } from 'node:net'
import { basename } from 'node:path'
import type { Tensor } from '@astraapi/oip'
import type { Model } from '../models/model.ts'
import { MODEL_FILES } from '../models/model-files.ts'
import type { TextModel } from '../models/text-model.ts'
import { failureOf } from './failure.ts'
import { createFrameReader, decodeFrame, encodeFrame } from './frame.ts'
import type { FrontMessage, WorkerMessage, WorkerTask } from './messages.ts'
import { runGenerations } from './run-generations.ts'
import { watchParent } from './watch-parent.ts'

const task: WorkerTask = JSON.parse(process.argv[2] ?? '')
const front = new Socket({ fd: 3 })

// A terminal's Ctrl-C and a service manager's SIGTERM reach the whole group: only the front's word counts.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})
front.on('error', () => process.exit(1))
front.on('close', () => process.exit(1))
process.on('uncaughtException', (error) => {
  front.write(encodeFrame({ type: 'fatal', ...failureOf(error) } satisfies WorkerMessage), () => process.exit(1))
})
watchParent(task.parentPid)

const model = await load()
const generations = 'generate' in model ? runGenerations(model, say, rssBytes) : undefined
const read = createFrameReader((frame) => {
  const { message, tensors } = decodeFrame<FrontMessage>(frame)
  if (message.type === 'infer') void infer(message.outputs, tensors)
  else if (message.type === 'generate') generations?.begin(message.id, message.request)
  else if (message.type === 'cancel') generations?.cancel(message.id)
  else void close()
})
front.on('data', read)
const { platform, signature, identity, batches } = model
// Node does so at a process's regular end, which a worker may not have.
flushCompileCache()
const atOnce = 'generate' in model ? { generations: model.generations } : {}
say({ type: 'loaded', facts: { platform, signature, identity, batches, ...atOnce } })

async function load(): Promise<Model | TextModel> {
  const { file, threads, generation } = task
  const loader = MODEL_FILES[basename(file)]
  try {
    if (loader === undefined) throw new Error(`${file} is no model file`)
    return await loader(file, { threads, generation })
  } catch (error) {
    const failed: WorkerMessage = { type: 'failed', ...failureOf(error) }
    await new Promise<void>((resolve) => front.write(encodeFrame(failed), () => resolve()))
    process.exit(1)
  }
}

/** The front asks for one inference at a time. */
async function infer(outputs: readonly string[], inputs: readonly Tensor[]): Promise<void> {
  try {
    if ('generate' in model) throw new Error('a model that generates text computes no tensors')
    const answer = await model.infer(inputs, outputs)
    say({ type: 'answer', rssBytes: rssBytes() }, answer)
  } catch (error) {
    say({ type: 'failed', ...failureOf(error) })
  }
}

function rssBytes(): number | undefined {
  return task.reportMemory ? process.memoryUsage.rss() : undefined
}

async function close(): Promise<void> {
  await model.close()
  process.exit(0)
}

function say(message: WorkerMessage, tensors: readonly Tensor[] = []): void {
  front.write(encodeFrame(message, tensors))
}
