import type { DialectCodec, JsonObject } from '../../dialects/dialect.ts'
import type { Item, TokenUsage } from '../../kernel/answer.ts'
import type { AttemptContext, Prediction, Relayed } from '../../kernel/backend.ts'
import { AstraError, toAstraError } from '../../kernel/errors.ts'
import type { TaskName } from '../../kernel/tasks.ts'
import { addUsage } from '../../kernel/usage.ts'
import type { WireRequest } from '../../kernel/wire.ts'
import { runEach } from '../run-each.ts'
import { settleItems } from '../settle-items.ts'
import { type Asking, askWhole, type WholeQuestion } from './ask.ts'
import { wishOf } from './wish.ts'

/** Inputs that one request may carry, by task; one where the protocols know no lists. */
const inputsMax: Partial<Readonly<Record<TaskName, number>>> = { embedding: 256, moderation: 256 }

/**
 * Inputs in as few requests as the protocol allows. A list that upstream refuses is sent again input by input, so that a bad one harms
 * nobody; one on which it failed is not, as that may be the reason.
 */
export async function predict(
  asking: Asking,
  codec: DialectCodec,
  inputs: readonly unknown[],
  context: AttemptContext,
): Promise<Prediction> {
  const items = new Array<Item>(inputs.length)
  const usages: (TokenUsage | undefined)[] = []
  const again: number[][] = []

  const inputsAt = (places: readonly number[]) => places.map((place) => inputs[place])

  async function run(places: readonly number[]): Promise<void> {
    try {
      const answer = await askWhole(() => asking, {
        codec,
        context,
        write: () => JSON.stringify(codec.ask.writeRequest(inputsAt(places), wishOf(asking, false, context))),
        read: (_, body) => codec.ask.readAnswer(body),
      })
      if (answer.items.length !== places.length) throw miscounted(places.length, answer.items.length)
      usages.push(answer.usage)
      for (const [row, place] of places.entries()) items[place] = answer.items[row] as Item
    } catch (thrown) {
      if (context.signal.aborted) throw context.signal.reason
      const error = toAstraError(thrown)
      if (error.code === 'invalid_input' && places.length > 1) again.push(...places.map((place) => [place]))
      else for (const place of places) items[place] = { error }
    }
  }

  context.signal.throwIfAborted()
  await runEach(inParts(inputs.length, inputsMax[codec.task] ?? 1), run)
  if (again.length > 0) await runEach(again, run)
  settleItems(items)
  const usage = addUsage(usages)
  return usage ? { items, usage } : { items }
}

/** The caller's own request, and upstream's own answer. */
export class RelayQuestion implements WholeQuestion<Relayed> {
  readonly codec: DialectCodec
  readonly context: AttemptContext
  readonly #request: WireRequest

  constructor(codec: DialectCodec, request: WireRequest, context: AttemptContext) {
    this.codec = codec
    this.context = context
    this.#request = request
  }

  write(asking: Asking): Buffer {
    return this.codec.ask.forward(this.#request, wishOf(asking, false, this.context)).bytes
  }

  read(bytes: Buffer, body: JsonObject): Relayed {
    const { ask } = this.codec
    const { usage, text } = ask.lookAtAnswer(body)
    const relayed: { -readonly [Name in keyof Relayed]: Relayed[Name] } = { bytes, text }
    if (usage) relayed.usage = usage
    const finish = ask.finishOf?.(body)
    if (finish) relayed.finish = finish
    return relayed
  }
}

function inParts(count: number, size: number): readonly (readonly number[])[] {
  const places = Array.from({ length: count }, (_, place) => place)
  return Array.from({ length: Math.ceil(count / size) }, (_, n) => places.slice(n * size, (n + 1) * size))
}

function miscounted(asked: number, answered: number): AstraError {
  return new AstraError('upstream_failed', { reason: `${asked} inputs were sent, and ${answered} answers came` })
}
