import type { Item } from '../../kernel/answer.ts'
import type { AttemptContext, Backend, Prediction } from '../../kernel/backend.ts'
import type { Version } from '../../kernel/catalog.ts'
import type { ChatAnswer, ChatRequest } from '../../kernel/chat.ts'
import { AstraError, operatorReason, toAstraError } from '../../kernel/errors.ts'
import { addUsage } from '../../kernel/usage.ts'
import { brokenContract, type Misanswer, type Reading, readAnswer } from './read-answer.ts'
import { askAgain, type WriteChat } from './write-chat.ts'

/** A typed version, as the chat model behind it is asked. */
export interface Job {
  readonly upstream: Backend
  /** The version as upstream sees it: one of a chat. */
  readonly chat: Version
  readonly check: Version['contract']['check']
  readonly write: WriteChat
}

/**
 * A chat per input; then once more those whose answers did not fit, with the fault shown. The backend of the chat model keeps to a
 * few at a time, and knows what the errors of parts mean for the whole.
 */
export async function predict(
  job: Job,
  replica: string,
  inputs: readonly unknown[],
  context: AttemptContext,
): Promise<Prediction> {
  context.signal.throwIfAborted()
  const ask = (requests: readonly ChatRequest[]) => askChats(job, replica, requests, context)
  const chats = inputs.map(job.write)
  const first = await ask(chats).catch((thrown) => {
    throw context.signal.aborted ? context.signal.reason : ownError(thrown)
  })
  const readings = first.items.map((item) => readItem(item, job))
  const again = readings.flatMap((reading, place) => {
    const chat = chats[place]
    return chat && 'fault' in reading ? [{ place, reading, chat: askAgain(chat, reading) }] : []
  })
  if (again.length === 0) return { ...first, items: readings.map(toItem) }

  const second = await ask(again.map(({ chat }) => chat)).catch((thrown): Prediction => {
    if (context.signal.aborted) throw context.signal.reason
    // The first answer was had, and has to be paid for: this is no call of which nothing came back.
    return { items: again.map(() => ({ error: toAstraError(thrown) })) }
  })
  const items = readings.map(toItem)
  for (const [n, { place, reading }] of again.entries()) items[place] = mended(reading, second.items[n], job)
  const answered = [first, second].filter(({ items }) => items.some(isOutput))
  const usage = addUsage(answered.map(({ usage }) => usage))
  return { ...first, items, ...(usage ? { usage } : {}) }
}

/** Tells what is asked and said, as a contract that is no chat's does not show it. */
async function askChats(
  { upstream, chat }: Job,
  replica: string,
  requests: readonly ChatRequest[],
  context: AttemptContext,
): Promise<Prediction> {
  context.spending?.asking(requests)
  const prediction = await upstream.predict(chat, replica, requests, context)
  const { items, usage } = prediction
  const asked = requests.filter((_, place) => isOutput(items[place]))
  if (asked.length > 0) context.spending?.answered({ asked, said: items.filter(isOutput), usage })
  return prediction
}

function isOutput(item: Item | undefined): boolean {
  return item !== undefined && 'output' in item
}

function readItem(item: Item, { check }: Job): Reading {
  return 'error' in item ? { error: ownError(item.error) } : readAnswer(item.output as ChatAnswer, check)
}

function toItem(reading: Reading): Item {
  return 'fault' in reading ? { error: brokenContract(reading.fault) } : reading
}

function mended({ fault }: Misanswer, item: Item | undefined, job: Job): Item {
  const second = toItem(item ? readItem(item, job) : { said: '', fault: 'no answer came' })
  if ('output' in second) return second
  return { error: brokenContract(`${fault}; asked again with the fault shown: ${operatorReason(second.error)}`) }
}

/**
 * The request is the version's own making, and its owner's to mend: what upstream has against it is not for the caller, whose input
 * fits the contract, and not the replica's fault. Another version may well answer.
 */
function ownError(thrown: unknown): AstraError {
  const error = toAstraError(thrown)
  if (error.code !== 'invalid_input' && error.code !== 'unsupported') return error
  const reason = `upstream refuses what the prompt makes of this input: ${operatorReason(error)}`
  return new AstraError('invalid_output', { reason, unspent: true })
}
