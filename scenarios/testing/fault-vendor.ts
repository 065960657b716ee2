import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { fakeChat } from '../../packages/gateway/src/backends/vendor/testing/fake-chat.ts'
import { fakeMessages } from '../../packages/gateway/src/backends/vendor/testing/fake-messages.ts'
import { wordsOf } from '../../packages/gateway/src/backends/vendor/testing/fake-turn.ts'
import { type FaultName, faults, privateWords, type Step } from './faults.ts'

/**
 * A server that speaks OpenAI's chat completions and Anthropic's messages, and misbehaves as its address says. Its model echoes the last
 * thing that the user said, word by word.
 */
export interface FaultVendor {
  /** An address whose every request meets the fault; `once`: only the first of each call, and any replica's counts. */
  address(protocol: VendorProtocol, fault: FaultName, once?: { readonly replica: string }): string
  /** What became of the last request of a call. Throws where none came. */
  seen(callId: string): Seen
  /** The call that came last. */
  lastCall(): string
  close(): Promise<void>
}

export interface Seen {
  requests: number
  /** Of the last answer: its bytes, and how many there were. No more than the first few MB are kept. */
  written: Buffer[]
  bytes: number
  /** What its protocol's fake says that the first request put in. */
  readonly inputTokens: number
  /** When its connection was done (`performance.now()`). */
  readonly closed: Promise<number>
}

const endpoints = {
  openai: { endpoint: fakeChat, alive: ': still here\n\n' },
  anthropic: { endpoint: fakeMessages, alive: 'event: ping\ndata: {"type":"ping"}\n\n' },
} as const

export type VendorProtocol = keyof typeof endpoints

/** Nobody listens there: a port that was given back another test could be given. */
const refusing = 'http://127.0.0.1:1/v1'
const keptMax = 4 * 2 ** 20

export async function startFaultVendor(): Promise<FaultVendor> {
  const calls = new Map<string, Seen>()
  let last = ''

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { protocol, fault, isOnce } = readPath(request.url ?? '')
    const { endpoint, alive } = endpoints[protocol]
    const body = JSON.parse(String(await buffer(request)))
    last = String(request.headers['astra-call-id'])
    const seen = seenAnew(calls.get(last), response, wordsOf(JSON.stringify(body)).length)
    calls.set(last, seen)
    const { whole, stream } = endpoint.answer(body)
    const meets = faults[isOnce && seen.requests > 1 ? 'well' : fault]
    const error = (type: string) => ({ status: 500, type, message: privateWords })
    const steps = stream
      ? meets.stream?.({ ...stream, alive, error: (type) => endpoint.errorEvent?.(error(type)) ?? '' }, endpoint.error)
      : meets.whole?.(JSON.stringify(whole), endpoint.error)
    if (!steps) throw new Error(`${fault} has no such form`)
    await play(steps, response, seen)
  }

  const server = createServer((request, response) => {
    // A caller who leaves is nobody's fault here.
    serve(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    address(protocol, fault, first) {
      if (fault === 'refused') return first?.replica === 'b' ? `${url}/${protocol}/well/always/v1` : refusing
      return `${url}/${protocol}/${fault}/${first ? `once-${first.replica}` : 'always'}/v1`
    },
    seen(callId) {
      const seen = calls.get(callId)
      if (!seen) throw new Error(`no request of ${callId} came`)
      return seen
    },
    lastCall: () => last,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function readPath(path: string) {
  const [, protocol, fault, manner = ''] = path.split('/')
  return {
    protocol: protocol as VendorProtocol,
    fault: fault as FaultName,
    isOnce: manner.startsWith('once'),
  }
}

function seenAnew(before: Seen | undefined, response: ServerResponse, inputTokens: number): Seen {
  const closed = once(response, 'close').then(() => performance.now())
  const first = before?.inputTokens ?? inputTokens
  return { requests: (before?.requests ?? 0) + 1, written: [], bytes: 0, inputTokens: first, closed }
}

/** Waits for a reader that is slower, and stops where it leaves. */
async function play(steps: Iterable<Step>, response: ServerResponse, seen: Seen): Promise<void> {
  for (const step of steps) {
    if (response.destroyed) return
    if (step === 'hang') return
    if (step === 'reset') return void response.socket?.resetAndDestroy()
    if (typeof step === 'number') await pause(step)
    else if (typeof step === 'string' || Buffer.isBuffer(step)) await write(Buffer.from(step), response, seen)
    else response.writeHead(step.status, step.headers).flushHeaders()
  }
  response.end()
}

async function write(bytes: Buffer, response: ServerResponse, seen: Seen): Promise<void> {
  seen.bytes += bytes.length
  if (seen.bytes <= keptMax) seen.written.push(bytes)
  if (response.write(bytes)) return
  await new Promise<void>((resolve) => {
    const go = () => {
      response.off('drain', go).off('close', go)
      resolve()
    }
    response.on('drain', go).on('close', go)
  })
}
