import type { ChatChunk } from '../../../kernel/chat.ts'
import { isJsonObject } from '../../../kernel/schema/facets.ts'
import type { JsonObject } from '../../dialect.ts'
import { outOfForm } from '../../json.ts'
import { textIn, textOf } from '../json.ts'

/** What an event of a block says. */
export interface Said {
  /** It is a piece of the answer itself. */
  readonly content: boolean
  readonly text: string
  readonly chunks: readonly ChatChunk[]
}

/** A block between its start and its stop. */
interface Block {
  readonly type: string
  /** Of a `tool_use` block. */
  readonly id: string
  /** As the start told it; servers that don't stream arguments tell all of them there. */
  readonly input: unknown
  signature: string
  /** Anything of it was said. */
  said: boolean
}

const silence: Said = { content: false, text: '', chunks: [] }

/** Reads the numbered blocks of one message. */
export function blockReader() {
  const open = new Map<number, Block>()
  return {
    start(data: JsonObject): Said {
      const content = data.content_block
      if (!isJsonObject(content)) throw outOfForm('a block without "content_block"')
      const block = newBlock(content)
      open.set(indexIn(data), block)
      if (open.size > openMax) throw outOfForm(`more than ${openMax} blocks at once`)
      return (starts.get(block.type) ?? unasked)(block, content)
    },
    delta(data: JsonObject): Said {
      const block = open.get(indexIn(data))
      if (!block) throw outOfForm('a piece of a block that is not open')
      const delta = data.delta
      if (!isJsonObject(delta)) throw outOfForm('an event without "delta"')
      return (deltas.get(textOf(delta.type)) ?? unasked)(block, delta)
    },
    stop(data: JsonObject): Said {
      const index = indexIn(data)
      const block = open.get(index)
      open.delete(index)
      return (block && stops.get(block.type)?.(block)) ?? silence
    },
  }
}

/** Blocks come one after another; this only bounds what a broken server can make us keep. */
const openMax = 1000
const signatureLengthMax = 4_000_000

function newBlock(content: JsonObject): Block {
  return {
    type: textOf(content.type),
    id: textOf(content.id),
    input: content.input,
    signature: textOf(content.signature),
    said: false,
  }
}

type ReadPart = (block: Block, data: JsonObject) => Said

/** Kinds that are no part of the canonical form, such as citations and the tools that Anthropic runs: nobody asked for them there. */
const unasked: ReadPart = (_, data) => {
  return { content: true, text: textOf(data.partial_json), chunks: [] }
}

const textPiece: ReadPart = (_, { text }) => {
  const words = textOf(text)
  return words === '' ? silence : said(words, { type: 'text-delta', choice: 0, text: words })
}

const thinkingPiece: ReadPart = (block, { thinking }) => {
  const words = textOf(thinking)
  if (words === '') return silence
  block.said = true
  return said(words, { type: 'reasoning-delta', choice: 0, text: words })
}

const starts: ReadonlyMap<string, ReadPart> = new Map<string, ReadPart>([
  ['text', textPiece],
  ['thinking', thinkingPiece],
  [
    'redacted_thinking',
    (_, content) => said('', { type: 'reasoning-end', choice: 0, redacted: textIn(content, 'data') }),
  ],
  [
    'tool_use',
    (_, content) =>
      said('', { type: 'tool-call-start', choice: 0, id: textIn(content, 'id'), tool: textIn(content, 'name') }),
  ],
])

const deltas: ReadonlyMap<string, ReadPart> = new Map<string, ReadPart>([
  ['text_delta', textPiece],
  ['thinking_delta', thinkingPiece],
  [
    'signature_delta',
    (block, { signature }) => {
      block.signature += textOf(signature)
      if (block.signature.length > signatureLengthMax) throw outOfForm('a signature without end')
      return { ...silence, content: true }
    },
  ],
  [
    'input_json_delta',
    (block, data) => {
      const json = textOf(data.partial_json)
      if (json === '') return silence
      if (block.type !== 'tool_use') return unasked(block, data)
      block.said = true
      return said(json, { type: 'tool-call-delta', choice: 0, id: block.id, arguments: json })
    },
  ],
])

const stops: ReadonlyMap<string, (block: Block) => Said> = new Map<string, (block: Block) => Said>([
  [
    'thinking',
    (block) => {
      if (!block.said && block.signature === '') return silence
      const proof = block.signature === '' ? {} : { signature: block.signature }
      return said('', { type: 'reasoning-end', choice: 0, ...proof })
    },
  ],
  [
    'tool_use',
    ({ id, said: streamed, input }) => {
      if (streamed) return silence
      // A tool that takes nothing is called without a single piece of arguments.
      const text = JSON.stringify(input ?? {})
      return said(text, { type: 'tool-call-delta', choice: 0, id, arguments: text })
    },
  ],
])

function said(text: string, chunk: ChatChunk): Said {
  return { content: true, text, chunks: [chunk] }
}

function indexIn({ index }: JsonObject): number {
  if (typeof index !== 'number') throw outOfForm('an event of a block without "index"')
  return index
}
