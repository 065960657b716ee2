import { type ProviderName, providers } from '../../../packages/gateway/src/backends/provider/providers.ts'
import { startFakeUpstream } from '../../../packages/gateway/src/backends/provider/testing/fake-upstream.ts'
import type { Protocol, Said } from '../../../packages/gateway/src/backends/provider/testing/protocols/protocol.ts'
import { protocols } from '../../../packages/gateway/src/backends/provider/testing/provider-harness.ts'
import { sampleModels } from '../../../packages/gateway/src/backends/provider/testing/sample-models.ts'
import { instanceOf, isObject, wordsOf } from '../../../packages/gateway/src/backends/vendor/testing/fake-turn.ts'
import { startFakeVendor } from '../../../packages/gateway/src/backends/vendor/testing/fake-vendor.ts'
import { twoCallsIn } from './two-calls.ts'

/** A fake of a vendor with the backend that speaks to it. Whatever the vendor, its model behaves the same. */
export interface Upstream {
  /** The column of docs/capabilities.md. */
  readonly column: string
  /** The door's words that pass through to it as they are. */
  readonly speaks?: 'openai-chat' | 'openai-responses' | 'anthropic-messages'
  /** Of the version that it serves. */
  readonly settings: Readonly<Record<string, unknown>>
  readonly upstreamModel: string
  /** What it makes of a text to embed; undefined: it embeds none. */
  readonly vector?: (text: string) => readonly number[]
  /** The last request, as it came. */
  lastBody(): string
  /** Tokens that it tells of the answer that it has just given. */
  usage(words: number): { readonly inputTokens: number; readonly outputTokens: number }
  /** Its next answer calls two tools. */
  callTwo(stream: boolean): void
  /** Requests whose answer is not over. */
  running(): number
  close(): Promise<void>
}

/** The variable that the manifest names for every fake's key. */
export const keyVariable = 'ASTRA_TEST_UPSTREAM_KEY'
const apiKey = { env: keyVariable }

export const toolResult = '21 degrees'

export type UpstreamName = keyof typeof starters

const starters = {
  openai: () => startVendor('openai', 'openai (chat)', 'chat', { api: 'chat' }),
  'openai-responses': () => startVendor('openai', 'openai (responses)', 'responses', { api: 'responses' }),
  anthropic: () => startVendor('anthropic', 'anthropic', 'messages', {}),
  google: () => startProvider('google', 'Google Gemini', 'gemini'),
  vertex: () => startProvider('vertex', 'Google Vertex AI', 'gemini'),
  bedrock: () => startProvider('bedrock', 'Amazon Bedrock', 'converse'),
  mistral: () => startProvider('mistral', 'Mistral', 'chatWhole'),
  cohere: () => startProvider('cohere', 'Cohere', 'cohere'),
  groq: () => startProvider('groq', 'Groq', 'chat'),
  xai: () => startProvider('xai', 'xAI', 'responses'),
  deepseek: () => startProvider('deepseek', 'DeepSeek', 'chat'),
} as const satisfies Readonly<Record<string, () => Promise<Upstream>>>

export const upstreamNames = Object.keys(starters) as readonly UpstreamName[]

export function startUpstream(name: UpstreamName): Promise<Upstream> {
  return starters[name]()
}

const spoken = {
  chat: 'openai-chat',
  responses: 'openai-responses',
  messages: 'anthropic-messages',
} as const

async function startVendor(
  backend: 'openai' | 'anthropic',
  column: string,
  protocol: keyof typeof spoken,
  settings: Readonly<Record<string, unknown>>,
): Promise<Upstream> {
  const fake = await startFakeVendor({ protocol: backend })
  const { whole, events } = twoCallsIn[protocol]
  const last = () => fake.requests.at(-1)?.bytes.toString() ?? ''
  return {
    column,
    speaks: spoken[protocol],
    settings: { backend, model: 'fake-1', apiKey, replicas: [fake.url], ...settings },
    upstreamModel: `${backend}/fake-1`,
    ...(column === 'openai (chat)' ? { vector: (text) => [text.length, 0.25, 0.5, 0.75] } : {}),
    lastBody: last,
    usage: (words) => ({ inputTokens: wordsOf(JSON.stringify(JSON.parse(last()))).length, outputTokens: words }),
    callTwo: (stream) =>
      fake.script({
        status: 200,
        headers: { 'content-type': stream ? 'text/event-stream' : 'application/json' },
        body: stream ? Buffer.concat([...events]) : JSON.stringify(whole),
      }),
    running: fake.running,
    close: fake.close,
  }
}

async function startProvider(
  provider: ProviderName,
  label: string,
  golden: keyof typeof twoCallsIn,
): Promise<Upstream> {
  const own = protocols[provider]
  let callsTwo = false
  let streamed = false
  let last = ''
  // The AI SDK offers a tool of this name where an answer shall have a form.
  const named = (said: Said): Said => {
    return said.tool && last.includes('"name":"json"') ? { ...said, tool: { ...said.tool, name: 'json' } } : said
  }
  const twice = <T>(calling: T, otherwise: () => T): T => {
    if (!callsTwo) return otherwise()
    callsTwo = false
    return calling
  }
  const { whole, events } = twoCallsIn[golden]
  const protocol: Protocol = {
    ...own,
    readText: (body) => {
      last = JSON.stringify(body)
      return say(own, body, last)
    },
    readTexts: (body, path) => {
      last = JSON.stringify(body)
      return own.readTexts(body, path)
    },
    // Both forms are made of every answer; what is sent is the one that was asked for.
    whole: (said) => (streamed ? own.whole(named(said)) : twice(whole, () => own.whole(named(said)))),
    events: (said) => twice({ events, first: 0 }, () => own.events(named(said))),
  }
  const fake = await startFakeUpstream(protocol)
  return {
    column: `provider: ${label}`,
    settings: { backend: 'provider', ...sampleModels[provider], baseUrl: fake.url, apiKey },
    upstreamModel: `${provider}/${sampleModels[provider].model}`,
    ...(providers[provider].embeds ? { vector: (text) => [Number(/\d+/.exec(text)?.[0]), 0.5] } : {}),
    lastBody: () => last,
    usage: () => ({ inputTokens: 12, outputTokens: 7 }),
    callTwo: (stream) => {
      callsTwo = true
      streamed = stream
    },
    running: fake.running,
    close: fake.close,
  }
}

/** What the other fakes' model says: the tool's result, an instance of the schema, or the text itself. */
function say(protocol: Protocol, body: Readonly<Record<string, unknown>>, written: string): string {
  if (written.includes(toolResult)) return `The tool said ${toolResult}`
  const schema = findSchema(body)
  if (schema) return JSON.stringify(instanceOf(schema))
  const text = protocol.readText(body)
  return text.replace(/^!(\w+)/, '[$1]')
}

/** The schema that an answer shall fit stands in another place at each vendor; that of a tool is none. */
function findSchema(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(findSchema).find((found) => found !== undefined)
  // DeepSeek is told in words.
  if (typeof value === 'string' && value.includes('"properties"')) return JSON.parse(value.replace(/^[^{]*/, ''))
  if (!isObject(value)) return undefined
  if (isObject(value.properties)) return value
  for (const [key, inner] of Object.entries(value)) {
    const found = key === 'tools' || key === 'toolConfig' ? undefined : findSchema(inner)
    if (found) return found
  }
  return undefined
}
