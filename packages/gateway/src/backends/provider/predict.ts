import type { Item, TokenUsage } from '../../kernel/answer.ts'
import type { AttemptContext, Prediction } from '../../kernel/backend.ts'
import type { ChatRequest } from '../../kernel/chat.ts'
import { toAstraError } from '../../kernel/errors.ts'
import type { TaskName } from '../../kernel/tasks.ts'
import { addUsage } from '../../kernel/usage.ts'
import { runEach } from '../run-each.ts'
import { settleItems } from '../settle-items.ts'
import { type Answered, chat } from './chat.ts'
import { type EmbeddingInput, embed } from './embed.ts'
import type { Opened } from './open-models.ts'

/** Inputs in as few requests as the vendor takes them: a chat each, texts to embed together. */
export async function predict(
  opened: Opened,
  task: TaskName,
  inputs: readonly unknown[],
  context: AttemptContext,
): Promise<Prediction> {
  const embeds = task === 'embedding'
  const size = embeds ? await batchSize(opened) : 1
  const starts = Array.from({ length: Math.ceil(inputs.length / size) }, (_, batch) => batch * size)
  const items: Item[] = []
  const usages: (TokenUsage | undefined)[] = []

  async function run(start: number): Promise<void> {
    const batch = inputs.slice(start, start + size)
    try {
      const answered = embeds
        ? await embed(opened, batch as readonly EmbeddingInput[], context)
        : [await chat(opened, batch[0] as ChatRequest, context)]
      answered.forEach(({ output }: Answered, place) => {
        items[start + place] = { output }
      })
      // Of texts embedded together, the first tells the tokens of all.
      usages.push(answered[0]?.usage)
    } catch (thrown) {
      if (context.signal.aborted) throw context.signal.reason
      const error = toAstraError(thrown)
      for (let place = 0; place < batch.length; place++) items[start + place] = { error }
    }
  }

  await runEach(starts, run)
  settleItems(items)
  const usage = addUsage(usages)
  return usage ? { items, usage } : { items }
}

async function batchSize(opened: Opened): Promise<number> {
  return opened.provider.embeds ? ((await opened.embedding().maxEmbeddingsPerCall) ?? 1) : 1
}
