// The program of a worker process: one model, loaded when it starts, asked over file descriptor 3.

import { flushCompileCache } from 'node:module'
import { Socket } from 'node:net'
import { basename } from 'node:path'
import { ProtocolError, type Tensor } from '@astraapi/oip'
import type { Model } from '../models/model.ts'
import { MODEL_FILES } from '../models/model-files.ts'
import { createFrameReader, decodeFrame, encodeFrame } from './frame.ts'
import type { FrontMessage, WorkerMessage, WorkerTask } from './messages.ts'
import { watchParent } from './watch-parent.ts'

const messageMax = 1000
const stackMax = 4000

const task: WorkerTask = JSON.parse(process.argv[2] ?? '')
const front = new Socket({ fd: 3 })

// A terminal's Ctrl-C and a service manager's SIGTERM reach the whole group: only the front's word counts.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})
front.on('error', () => process.exit(1))
front.on('close', () => process.exit(1))
process.on('uncaughtException', (error) => {
  front.write(encodeFrame(failure('fatal', error)), () => process.exit(1))
})
watchParent(task.parentPid)

const model = await load()
const read = createFrameReader((frame) => {
  const { message, tensors } = decodeFrame<FrontMessage>(frame)
  void (message.type === 'infer' ? infer(message.outputs, tensors) : close())
})
front.on('data', read)
const { platform, signature, identity, batches } = model
// Node does so at a process's regular end, which a worker may not have.
flushCompileCache()
say({ type: 'loaded', facts: { platform, signature, identity, batches } })

async function load(): Promise<Model> {
  const { file, threads } = task
  const loader = MODEL_FILES[basename(file)]
  try {
    if (loader === undefined) throw new Error(`${file} is no model file`)
    return await loader(file, { threads })
  } catch (error) {
    await new Promise<void>((resolve) => front.write(encodeFrame(failure('failed', error)), () => resolve()))
    process.exit(1)
  }
}

/** The front asks for one inference at a time. */
async function infer(outputs: readonly string[], inputs: readonly Tensor[]): Promise<void> {
  try {
    const answer = await model.infer(inputs, outputs)
    say({ type: 'answer', rssBytes: task.reportMemory ? process.memoryUsage.rss() : undefined }, answer)
  } catch (error) {
    say(failure('failed', error))
  }
}

async function close(): Promise<void> {
  await model.close()
  process.exit(0)
}

function say(message: WorkerMessage, tensors: readonly Tensor[] = []): void {
  front.write(encodeFrame(message, tensors))
}

/** A model may throw anything: what cannot be told must not end the worker, and what is endless must not reach the log. */
function failure(type: 'failed' | 'fatal', error: unknown): WorkerMessage {
  try {
    const isError = error instanceof Error
    const message = String(isError ? error.message : error).slice(0, messageMax)
    const stack = isError && typeof error.stack === 'string' ? error.stack.slice(0, stackMax) : undefined
    return { type, invalid: error instanceof ProtocolError && error.code === 'invalid', message, stack }
  } catch {
    return { type, invalid: false, message: 'it threw something that cannot be told', stack: undefined }
  }
}
