import type { ChatAnswer, ChatChunk } from '../../../../kernel/chat.ts'

type Choice = ChatAnswer['choices'][number]
type Part = { -readonly [K in keyof Choice['content'][number]]: Choice['content'][number][K] } & Record<string, unknown>

/** What a stream of one choice says, as a whole answer: pieces that follow each other are one part. */
export function joinChunks(chunks: readonly ChatChunk[]): ChatAnswer {
  const content: Part[] = []
  const logprobs: NonNullable<Choice['logprobs']>[number][] = []
  let finishReason: Choice['finishReason'] | undefined
  for (const chunk of chunks) {
    const last = content.at(-1)
    if (chunk.type === 'choice-end') finishReason = chunk.finishReason
    else if (chunk.type === 'tool-call-start') {
      content.push({ type: 'tool-call', id: chunk.id, tool: chunk.tool, arguments: '' })
    } else if (chunk.type === 'tool-call-delta') {
      const call = content.find((part) => part.type === 'tool-call' && part.id === chunk.id)
      if (call) call.arguments = `${call.arguments}${chunk.arguments}`
    } else if (chunk.type === 'reasoning-end') {
      const { type, choice, ...proof } = chunk
      if (last?.type === 'reasoning') Object.assign(last, proof)
      else if (Object.keys(proof).length > 0) content.push({ type: 'reasoning', text: '', ...proof })
    } else {
      const type = chunk.type === 'text-delta' ? 'text' : 'reasoning'
      if (last?.type === type) last.text = `${last.text}${chunk.text}`
      else content.push({ type, text: chunk.text })
      if (chunk.type === 'text-delta') logprobs.push(...(chunk.logprobs ?? []))
    }
  }
  if (finishReason === undefined) throw new Error('the stream has no choice-end')
  const choice = { content: content as unknown as Choice['content'], finishReason }
  return { choices: [{ ...choice, ...(logprobs.length > 0 ? { logprobs } : {}) }] }
}
