import type { ChatMessage, ChatRequest, ImagePart } from '../../../kernel/chat.ts'

/** One feature of the canonical chat, asked for and not asked for, all else equal. */
export interface ChatSample {
  readonly feature: string
  readonly request: ChatRequest
  /** The same without it. */
  readonly without: ChatRequest
}

const user: ChatMessage = { role: 'user', content: [{ type: 'text', text: 'How warm is Paris?' }] }
const plain: ChatRequest = { messages: [user] }
const parameters = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
}
const weather = { name: 'weather', description: 'The weather in a city', parameters }
const withTools: ChatRequest = { ...plain, tools: [weather, { name: 'clock', parameters }] }
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='
const image: ImagePart = { type: 'image', source: { mediaType: 'image/png', base64: png } }
const imageAtUrl: ImagePart = { type: 'image', source: { url: 'https://pictures.example/paris.png' } }

type Content<Role extends ChatMessage['role']> = Extract<ChatMessage, { role: Role }>['content'][number]

function asking(part: Content<'user'>): ChatRequest {
  return { messages: [{ role: 'user', content: [...(user.content as readonly Content<'user'>[]), part] }] }
}

function conversation(before: readonly Content<'assistant'>[], results?: Content<'tool'>): ChatRequest {
  const answered: readonly ChatMessage[] = results ? [{ role: 'tool', content: [results] }] : [user]
  return { ...withTools, messages: [user, { role: 'assistant', content: before }, ...answered] }
}

const answer: Content<'assistant'> = { type: 'text', text: 'Let me look.' }
const toolCall: Content<'assistant'> = {
  type: 'tool-call',
  id: 'call12345',
  tool: 'weather',
  arguments: '{"city":"Paris"}',
}
const result = { type: 'tool-result', id: 'call12345', content: [{ type: 'text', text: '21 degrees' }] } as const

const option = (feature: string, field: Partial<ChatRequest>, base = plain): ChatSample => ({
  feature,
  request: { ...base, ...field },
  without: base,
})
const part = (feature: string, given: Content<'user'>): ChatSample => ({
  feature,
  request: asking(given),
  without: plain,
})

export const chatSamples: readonly ChatSample[] = [
  {
    feature: 'system message',
    request: { messages: [{ role: 'system', content: [{ type: 'text', text: 'Be brief.' }] }, user] },
    without: plain,
  },
  part('image, bytes', image),
  part('image, URL', imageAtUrl),
  {
    feature: 'image detail',
    request: asking({ ...image, detail: 'low' }),
    without: asking(image),
  },
  part('audio', { type: 'audio', mediaType: 'audio/wav', base64: 'UklGRiQAAABXQVZFZm10IBAAAAABAAEA' }),
  part('file (PDF)', { type: 'file', mediaType: 'application/pdf', base64: 'JVBERi0xLjQK', name: 'report.pdf' }),
  option('tools', { tools: [weather] }),
  option('tools, strict', { tools: withTools.tools?.map((tool) => ({ ...tool, strict: true })) ?? [] }, withTools),
  option('tool choice: auto', { toolChoice: 'auto' }, withTools),
  option('tool choice: none', { toolChoice: 'none' }, withTools),
  option('tool choice: required', { toolChoice: 'required' }, withTools),
  option('tool choice: one tool', { toolChoice: { tool: 'weather' } }, withTools),
  option('parallel tool calls off', { parallelToolCalls: false }, withTools),
  {
    feature: 'tool results',
    request: conversation([toolCall], result),
    without: conversation([toolCall], { ...result, content: [{ type: 'text', text: '' }] }),
  },
  {
    feature: 'tool result, failed',
    request: conversation([toolCall], { ...result, failed: true }),
    without: conversation([toolCall], result),
  },
  {
    feature: 'tool result, image',
    request: conversation([toolCall], { ...result, content: [image] }),
    without: conversation([toolCall], { ...result, content: [] }),
  },
  {
    feature: 'text beside a tool call',
    request: conversation([answer, toolCall], result),
    without: conversation([toolCall], result),
  },
  {
    feature: 'reasoning in the history',
    request: conversation([{ type: 'reasoning', text: 'It is summer.' }, answer]),
    without: conversation([answer]),
  },
  {
    feature: 'reasoning in the history, signed',
    request: conversation([{ type: 'reasoning', text: 'It is summer.', signature: 'c2lnbmF0dXJl' }, answer]),
    without: conversation([answer]),
  },
  {
    feature: 'tool call in the history, signed',
    request: conversation([{ ...toolCall, signature: 'c2lnbmF0dXJl' }], result),
    without: conversation([toolCall], result),
  },
  option('JSON mode', { responseFormat: { type: 'json' } }),
  option('JSON schema', { responseFormat: { type: 'json', schema: parameters, name: 'place' } }),
  option('output token limit', { outputTokensMax: 77 }),
  option('temperature', { temperature: 0.25 }),
  option('top p', { topP: 0.75 }),
  option('top k', { topK: 33 }),
  option('stop', { stop: ['END'] }),
  option('seed', { seed: 4711 }),
  option('frequency penalty', { frequencyPenalty: 0.125 }),
  option('presence penalty', { presencePenalty: 0.375 }),
  option('n', { n: 2 }),
  option('logprobs', { logprobs: 3 }),
  option('reasoning effort', { reasoning: { effort: 'high' } }),
  option('reasoning off', { reasoning: { effort: 'none' } }),
  option('reasoning token budget', { reasoning: { tokensMax: 2048 } }),
]
