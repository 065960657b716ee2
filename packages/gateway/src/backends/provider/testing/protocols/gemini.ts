import { type Json, list, type Protocol, type Said, sse, textOf } from './protocol.ts'

/** generateContent, streamGenerateContent and batchEmbedContents: https://ai.google.dev/api/generate-content */
export const gemini: Protocol = {
  readText: ({ contents }) => partsText(list(contents).at(-1)),
  readTexts: ({ requests, content }, path) => {
    if (path.includes(':batchEmbedContents')) return list(requests).map((request) => partsText(request.content))
    return path.includes(':embedContent') ? [partsText(content)] : undefined
  },
  streams: (_, path) => path.includes(':streamGenerateContent'),
  contentType: 'text/event-stream',
  whole: (said) => candidate(said.tool ? parts(said) : [{ text: said.words.join('') }], said),
  events: (said) => ({
    events: [...parts(said).map((part) => sse(candidate([part]))), sse(candidate([{ text: '' }], said))],
    first: 0,
  }),
  error: (status, message) => ({ error: { code: status, message, status: 'INTERNAL' } }),
  embeddings: (vectors) => {
    const [first] = vectors
    return vectors.length === 1
      ? { embedding: { values: first }, embeddings: [{ values: first }] }
      : { embeddings: vectors.map((values) => ({ values })) }
  },
}

/** The same models at Vertex AI; texts are embedded by `predict` there. */
export const vertex: Protocol = {
  ...gemini,
  readTexts: ({ instances }, path) =>
    path.includes(':predict') ? list(instances).map(({ content }) => textOf(content)) : undefined,
  embeddings: (vectors) => ({
    predictions: vectors.map((values) => ({
      embeddings: { values, statistics: { token_count: 2, truncated: false } },
    })),
  }),
}

const partsText = (content: unknown): string => textOf((content as Json | undefined)?.parts)

function parts({ words, tool }: Said): readonly Json[] {
  const signed = { thoughtSignature: 'c2lnbmVk' }
  return tool
    ? [{ functionCall: { name: tool.name, args: tool.arguments }, ...signed }]
    : words.map((text) => ({ text }))
}

function candidate(content: readonly Json[], ended?: Said): Json {
  const usage = ended && {
    promptTokenCount: ended.inputTokens,
    candidatesTokenCount: ended.outputTokens - ended.reasoningTokens,
    thoughtsTokenCount: ended.reasoningTokens,
    cachedContentTokenCount: ended.cachedTokens,
    totalTokenCount: ended.inputTokens + ended.outputTokens,
  }
  const finish = ended ? { finishReason: 'STOP' } : {}
  return {
    candidates: [{ content: { role: 'model', parts: content }, index: 0, ...finish }],
    modelVersion: 'gemini-fake',
    responseId: 'answer',
    ...(usage ? { usageMetadata: usage } : {}),
  }
}
