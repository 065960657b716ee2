import type { LanguageModelV4CallOptions } from '@ai-sdk/provider'
import type { ChatRequest } from '../../kernel/chat.ts'
import type { Opened } from './open-models.ts'
import { holdWarnings, unsupported } from './refusal.ts'

/**
 * Throws `unsupported` for what the vendor's package would leave out, before anything is sent: it says so in the first part of a
 * stream, and a stream from nowhere costs nothing. Plain texts are not rehearsed.
 */
export async function rehearse(
  request: ChatRequest,
  options: LanguageModelV4CallOptions,
  opened: Opened,
): Promise<void> {
  if (isPlain(request)) return
  const model = opened.rehearsal()
  await holdUrls(options, await model.supportedUrls, opened.upstream)
  const { stream } = await model.doStream(options)
  const reader = stream.getReader()
  const { value } = await reader.read()
  await reader.cancel()
  if (value?.type === 'stream-start') holdWarnings(value.warnings, opened.upstream, opened.provider.harmless)
}

function isPlain({ messages, outputTokensMax: _, ...rest }: ChatRequest): boolean {
  const texts = messages.every(({ content }) => content.every(({ type }) => type === 'text'))
  return texts && Object.keys(rest).length === 0
}

/** The packages send any URL on, and rely on their caller to know which ones the vendor fetches. */
async function holdUrls(
  { prompt }: LanguageModelV4CallOptions,
  supported: Readonly<Record<string, readonly RegExp[]>>,
  upstream: string,
): Promise<void> {
  const patterns = Object.entries(supported).flatMap(([mediaType, patterns]) =>
    /^(\*|image)/.test(mediaType) ? patterns : [],
  )
  const files = prompt.flatMap(({ role, content }) => (role === 'user' ? content : []))
  for (const part of files) {
    if (part.type !== 'file' || part.data.type !== 'url') continue
    const { href } = part.data.url
    if (!patterns.some((pattern) => pattern.test(href))) throw unsupported('an image by this URL', upstream)
  }
}
