import { abortSignalOf } from '../../kernel/attempt-signal.ts'
import type { AttemptContext } from '../../kernel/backend.ts'
import { AstraError } from '../../kernel/errors.ts'
import { type Answered, told, traceHeaders } from './chat.ts'
import type { Opened } from './open-models.ts'
import { holdWarnings, unsupported } from './refusal.ts'
import { untilAbort } from './until-abort.ts'

/** The canonical input of an embedding. */
export interface EmbeddingInput {
  readonly text: string
}

/** As many vectors as texts, asked for in one request; the tokens are told for all of them together. */
export async function embed(
  opened: Opened,
  inputs: readonly EmbeddingInput[],
  context: AttemptContext,
): Promise<readonly Answered[]> {
  const { provider, upstream } = opened
  try {
    const beside = inputs.flatMap(Object.keys).find((field) => field !== 'text')
    if (beside) throw unsupported(beside, upstream)
    if (!provider.embeds) throw unsupported('embeddings', upstream)
    const { embeddings, usage, warnings } = await untilAbort(
      opened.embedding().doEmbed({
        values: inputs.map(({ text }) => text),
        abortSignal: abortSignalOf(context.signal),
        headers: traceHeaders(context),
      }),
      context.signal,
    )
    holdWarnings(warnings, upstream)
    if (embeddings.length !== inputs.length) {
      throw new AstraError('upstream_failed', { reason: `${embeddings.length} vectors for ${inputs.length} texts` })
    }
    const tokens = usage && Number.isFinite(usage.tokens) ? { inputTokens: usage.tokens } : undefined
    return embeddings.map((embedding, place) => ({ output: { embedding }, usage: place === 0 ? tokens : undefined }))
  } catch (thrown) {
    throw told(thrown, opened, context, false)
  }
}
