import { type Agent, type IncomingMessage, request } from 'node:http'
import type { SpawnedGateway } from './spawn-gateway.ts'
import type { StreamScript } from './spawn-streaming-vendor.ts'

export interface ReadChat {
  readonly callId: string
  /** All events that came, the terminal one included. */
  readonly events: readonly string[]
}

/** Reads a streamed chat by the OpenAI door to its end, or up to the first event that holds `leaveAt`. */
export function readChat(
  { url, adminKey }: SpawnedGateway,
  script: StreamScript,
  agent: Agent,
  leaveAt?: string,
): Promise<ReadChat> {
  const messages = [{ role: 'user', content: JSON.stringify(script) }]
  const headers = { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' }
  const { promise, resolve, reject } = Promise.withResolvers<ReadChat>()
  const call = request(`${url}/v1/chat/completions`, { method: 'POST', headers, agent }, (response) => {
    response.setEncoding('utf8')
    let text = ''
    const readSoFar = () => resolve(readOf(response, text))
    response.on('data', (piece: string) => {
      text += piece
      if (leaveAt === undefined || !text.includes(leaveAt)) return
      readSoFar()
      call.destroy()
    })
    response.once('end', () =>
      response.statusCode === 200 ? readSoFar() : reject(new Error(`${response.statusCode}: ${text}`)),
    )
    response.once('error', reject)
  })
  call.once('error', reject)
  call.end(JSON.stringify({ model: 'chat', stream: true, messages }))
  return promise
}

function readOf({ headers }: IncomingMessage, text: string): ReadChat {
  const events = text.split('\n\n').flatMap((event) => (event.startsWith('data: ') ? [event.slice(6)] : []))
  return { callId: String(headers['astra-call-id']), events }
}

/** The words of a chat whose every event is read. */
export function wordsOf(events: readonly string[]): string {
  return events
    .filter((event) => event !== '[DONE]')
    .map((event): string => JSON.parse(event).choices[0]?.delta?.content ?? '')
    .join('')
}
