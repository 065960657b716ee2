import fc from 'fast-check'
import type {
  AudioPart,
  FilePart,
  ImagePart,
  ReasoningPart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from '../../kernel/chat.ts'

/**
 * Canonical chats, answers and streams for round trips through a dialect: only such as have one form. Texts are not empty, a value that
 * is its protocol's default is left out (0 for a penalty, 1 for `n`), tool messages do not follow each other, and an assistant says its
 * reasoning first, then text, then its tool calls.
 */
export interface ChatFeatures {
  /** Parts and fields that not every dialect has words for. All false when left out. */
  readonly reasoningParts?: boolean
  readonly signatures?: boolean
  readonly callSignatures?: boolean
  readonly audio?: boolean
  readonly files?: boolean
  readonly imageDetail?: boolean
  readonly toolImages?: boolean
  readonly toolFailures?: boolean
  /** `frequencyPenalty`, `presencePenalty`, `seed`. */
  readonly penalties?: boolean
  readonly alternatives?: boolean
  readonly logprobs?: boolean
  readonly topK?: boolean
  readonly reasoningTokens?: boolean
  readonly effort?: boolean
  readonly stop?: boolean
  /** Structured output without a schema, and the name of one. */
  readonly plainJson?: boolean
  readonly schemaNames?: boolean
  readonly strictTools?: boolean
  /** The most parts of text in a message or answer; 1 for dialects that join them. */
  readonly textPartsMax?: number
}

export const texts = fc.oneof(
  fc.string({ minLength: 1, maxLength: 20 }),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 10 }),
  fc.constantFrom('Grüße, 世界 🌍', 'a\nb\r\n\ndata: [DONE]\n\n', '"quoted" \\ \u2028'),
)
export const names = fc.stringMatching(/^[a-z][a-z0-9_-]{0,15}$/)
const ids = fc.uuid().map((uuid) => `call_${uuid.slice(0, 8)}`)
const jsonObjects = fc.dictionary(names, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 })
const base64 = fc.uint8Array({ minLength: 1, maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString('base64'))
/** fast-check makes some objects without a prototype, which nothing that was parsed is. */
export function plain<Value>(value: Value): Value {
  return structuredClone(value)
}

export type AssistantPart = TextPart | ReasoningPart | ToolCallPart

export function hundredths(min: number, max: number): fc.Arbitrary<number> {
  return fc.integer({ min, max }).map((value) => value / 100)
}

function textPart(): fc.Arbitrary<TextPart> {
  return texts.map((text) => ({ type: 'text', text }))
}

export function textList({ textPartsMax = 3 }: ChatFeatures): fc.Arbitrary<readonly TextPart[]> {
  return fc.array(textPart(), { minLength: 1, maxLength: textPartsMax })
}

function imagePart({ imageDetail }: ChatFeatures): fc.Arbitrary<ImagePart> {
  const source = fc.oneof(
    names.map((name) => ({ url: `https://images.example/${name}.png` })),
    fc.record({ mediaType: fc.constantFrom('image/png', 'image/jpeg'), base64 }),
  )
  const type = fc.constant('image' as const)
  const detail = fc.constantFrom('auto' as const, 'low' as const, 'high' as const)
  return imageDetail
    ? fc.record({ type, source, detail }, { requiredKeys: ['type', 'source'] })
    : fc.record({ type, source })
}

export function userParts(has: ChatFeatures): fc.Arbitrary<TextPart | ImagePart | AudioPart | FilePart> {
  const audio: fc.Arbitrary<AudioPart> = fc.record({
    type: fc.constant('audio'),
    mediaType: fc.constantFrom('audio/wav', 'audio/mpeg'),
    base64,
  })
  const file: fc.Arbitrary<FilePart> = fc.record({
    type: fc.constant('file'),
    mediaType: fc.constant('application/pdf'),
    base64,
    name: names.map((name) => `${name}.pdf`),
  })
  return fc.oneof(textPart(), imagePart(has), ...(has.audio ? [audio] : []), ...(has.files ? [file] : []))
}

export function assistantContent(has: ChatFeatures): fc.Arbitrary<readonly AssistantPart[]> {
  const reasoning: fc.Arbitrary<ReasoningPart> = has.signatures
    ? fc.record({ type: fc.constant('reasoning'), text: texts, signature: base64 })
    : fc.record({ type: fc.constant('reasoning'), text: texts })
  const plainCall = {
    type: fc.constant('tool-call' as const),
    id: ids,
    tool: names,
    arguments: jsonObjects.map((value) => JSON.stringify(value)),
  }
  const call: fc.Arbitrary<ToolCallPart> = has.callSignatures
    ? fc.record({ ...plainCall, signature: base64 }, { requiredKeys: ['type', 'id', 'tool', 'arguments'] })
    : fc.record(plainCall)
  return fc
    .tuple(
      fc.array(reasoning, { maxLength: has.reasoningParts ? 1 : 0 }),
      fc.array(textPart(), { maxLength: has.textPartsMax ?? 3 }),
      fc.uniqueArray(call, { maxLength: 2, selector: ({ id }) => id }),
    )
    .filter(([, said, calls]) => said.length + calls.length > 0)
    .map((parts) => parts.flat())
}

export function toolOutput(has: ChatFeatures): fc.Arbitrary<Pick<ToolResultPart, 'content' | 'failed'>> {
  const content = has.toolImages
    ? fc.array(fc.oneof(textPart(), imagePart({})), { minLength: 1, maxLength: 3 })
    : textList(has)
  return has.toolFailures
    ? fc.record({ content, failed: fc.constant(true) }, { requiredKeys: ['content'] })
    : fc.record({ content })
}
