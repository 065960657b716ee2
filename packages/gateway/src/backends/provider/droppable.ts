import type { ChatMessage, ChatRequest } from '../../kernel/chat.ts'

/**
 * What some vendor's package leaves out of a request without a word, or turns into something else: the field as its caller knows it, and
 * whether it is asked for. Found by comparing what is sent with and without it (`nothing-dropped.test.ts`).
 */
const droppables = {
  audio: { field: 'audio', asked: (request) => userParts(request).some(({ type }) => type === 'audio') },
  file: { field: 'file', asked: (request) => userParts(request).some(({ type }) => type === 'file') },
  jsonMode: {
    field: 'responseFormat without a schema',
    asked: ({ responseFormat }) => responseFormat?.type === 'json' && responseFormat.schema === undefined,
  },
  toolStrict: { field: 'tools.strict', asked: ({ tools = [] }) => tools.some(({ strict }) => strict === true) },
  toolResultImage: {
    field: 'an image in a tool result',
    asked: (request) => toolResults(request).some(({ content }) => content.some(({ type }) => type === 'image')),
  },
  toolResultImageUrl: {
    field: 'an image by URL in a tool result',
    asked: (request) =>
      toolResults(request).some(({ content }) => content.some((part) => part.type === 'image' && 'url' in part.source)),
  },
} as const satisfies Record<string, DroppableRow>

interface DroppableRow {
  readonly field: string
  readonly asked: (request: ChatRequest) => boolean
}

export type Droppable = keyof typeof droppables

/** The first field that is asked for and would be dropped. */
export function droppedField(request: ChatRequest, drops: readonly Droppable[]): string | undefined {
  const dropped = drops.find((name) => droppables[name].asked(request))
  return dropped && droppables[dropped].field
}

type PartsOf<Role extends ChatMessage['role']> = Extract<ChatMessage, { role: Role }>['content'][number]

function userParts({ messages }: ChatRequest): readonly PartsOf<'user'>[] {
  return messages.flatMap((message) => (message.role === 'user' ? message.content : []))
}

function toolResults({ messages }: ChatRequest): readonly PartsOf<'tool'>[] {
  return messages.flatMap((message) => (message.role === 'tool' ? message.content : []))
}
