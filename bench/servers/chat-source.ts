import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ChatOrder, chatEvents } from './chat-events.ts'

// An upstream that streams chat completions as each request's last message orders it: a timer and a write for each chunk. Started as
// a process of its own.
const server = createServer((request, response) => {
  const body: Buffer[] = []
  request.on('data', (chunk: Buffer) => body.push(chunk))
  request.on('end', () => {
    const { chunks, intervalMs, hangAfter = chunks } = readOrder(JSON.parse(Buffer.concat(body).toString()))
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
    response.write(chatEvents.start)
    let sent = 0
    let timer: NodeJS.Timeout
    const next = () => {
      response.write(chatEvents.chunk(sent))
      if (++sent === chunks) response.end(chatEvents.end(chunks))
      else if (sent < hangAfter) timer = setTimeout(next, intervalMs)
    }
    response.once('close', () => clearTimeout(timer))
    next()
  })
})

server.keepAliveTimeout = 600_000
server.listen(0, '127.0.0.1', 4096, () => console.log(`listening on ${(server.address() as AddressInfo).port}`))

/** A door that translates writes the text of a message in either of two ways. */
function readOrder({ messages }: { readonly messages: readonly { readonly content: unknown }[] }): ChatOrder {
  const content = messages.at(-1)?.content
  const [part] = Array.isArray(content) ? (content as readonly { readonly text?: unknown }[]) : [{ text: content }]
  return JSON.parse(String(part?.text))
}
