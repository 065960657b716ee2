import { Agent, request } from 'undici'

/** Rejects with an Error whose message is for operators and holds nothing of what came. */
export type FetchJson = (url: string) => Promise<unknown>

/** Of one of at most two in a row, the configuration and the keys: callers wait for both. */
const timeoutMs = 2500
const bytesMax = 256 * 1024

/** For what issuers publish: one time limit over all of it, a bounded body, and no redirect is followed, so none leads elsewhere. */
export function createFetchJson(limits: { readonly timeoutMs: number } = { timeoutMs }): {
  readonly fetchJson: FetchJson
  close(): Promise<void>
} {
  const agent = new Agent({ connections: 4, connect: { timeout: limits.timeoutMs }, keepAliveTimeout: 1000 })
  return {
    async fetchJson(url) {
      try {
        const { statusCode, body } = await request(url, {
          dispatcher: agent,
          headers: { accept: 'application/json' },
          signal: AbortSignal.timeout(limits.timeoutMs),
        })
        const text = await readText(body)
        if (statusCode !== 200) throw new Error(`it answered ${statusCode}`)
        return parse(text)
      } catch (thrown) {
        if (!(thrown instanceof Error)) throw thrown
        if (thrown.name === 'TimeoutError') throw new Error(`it did not answer within ${limits.timeoutMs} ms`)
        throw new Error('code' in thrown ? `${String(thrown.code)}` : thrown.message)
      }
    },
    close: () => agent.destroy(),
  }
}

async function readText(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > bytesMax) throw new Error(`its answer is longer than ${bytesMax} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The parser's own message would quote what came. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('its answer is no JSON')
  }
}
