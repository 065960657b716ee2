import type { Item, TokenUsage } from '../../../kernel/answer.ts'
import type { AttemptContext, Prediction } from '../../../kernel/backend.ts'
import type { Contract, Version } from '../../../kernel/catalog.ts'
import type { ChatRequest } from '../../../kernel/chat.ts'
import { AstraError, toAstraError } from '../../../kernel/errors.ts'
import { addUsage } from '../../../kernel/usage.ts'
import type { Reply } from '../../http/reply.ts'
import { runEach } from '../../run-each.ts'
import { settleItems } from '../../settle-items.ts'
import { jsonHeaders } from '../call-headers.ts'
import { readJson, readQueueMs, readWaiting, refusal } from '../reply.ts'
import { readSettings, versionPath } from '../settings.ts'
import type { Upstream } from '../upstream.ts'
import { chatForm, completionForm, type Form, readWritten } from './read-generation.ts'
import { type CompletionRequest, writeChat, writeCompletion } from './write-generation.ts'

/** A task that is done by generating text. The contract has checked its inputs. */
export interface GenerationTask extends Form {
  write(input: unknown): string
}

const tasks: Readonly<Record<string, GenerationTask>> = {
  chat: { ...chatForm, write: (input) => writeChat(input as ChatRequest) },
  completion: { ...completionForm, write: (input) => writeCompletion(input as CompletionRequest) },
}

export function generates({ contract }: { readonly contract: Pick<Contract, 'task'> }): boolean {
  return Object.hasOwn(tasks, contract.task)
}

export function taskOf({ contract }: Version): GenerationTask {
  const task = tasks[contract.task]
  if (task) return task
  const reason = `the task ${contract.task} is not done by generating text`
  throw new AstraError('unsupported', { detail: 'This model does not stream', reason })
}

export function generationPath({ state }: Version, route: 'generate' | 'generate_stream'): string {
  return `${versionPath(readSettings(state.settings))}/${route}`
}

/** Each input in a request of its own. */
export async function generate(
  upstream: Upstream,
  version: Version,
  inputs: readonly unknown[],
  context: AttemptContext,
): Promise<Prediction> {
  const task = taskOf(version)
  const path = generationPath(version, 'generate')
  const items = new Array<Item>(inputs.length)
  const usages: (TokenUsage | undefined)[] = []
  let queueMs: number | undefined
  let waiting: number | undefined

  async function run(place: number): Promise<void> {
    try {
      const body = task.write(inputs[place])
      const reply = await upstream.generate(path, body, jsonHeaders(context), context.signal)
      if (reply.status !== 200) throw generationRefusal(reply)
      const written = readWritten(readJson(reply))
      usages.push(written.usage)
      items[place] = { output: task.output(written) }
      queueMs = Math.max(queueMs ?? 0, readQueueMs(reply) ?? 0)
      waiting = readWaiting(reply) ?? waiting
    } catch (thrown) {
      if (context.signal.aborted) throw context.signal.reason
      items[place] = { error: toAstraError(thrown) }
    }
  }

  context.signal.throwIfAborted()
  await runEach([...inputs.keys()], run)
  settleItems(items)
  const usage = addUsage(usages)
  return {
    items,
    ...(usage === undefined ? {} : { usage }),
    ...(queueMs === undefined ? {} : { queueMs }),
    ...(waiting === undefined ? {} : { waiting }),
  }
}

/** As `refusal`; the fault may lie in what no contract can tell. */
export function generationRefusal(reply: Reply): AstraError {
  const error = refusal(reply)
  if (error.code !== 'invalid_input') return error
  const next = 'Send less, or a simpler JSON Schema; the call id finds the reason for an operator.'
  return new AstraError('invalid_input', { ...error.facts, detail: 'The model refused this request', next })
}
