import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pieceOf, type StreamScript } from './spawn-streaming-vendor.ts'

// The program of spawn-streaming-vendor.ts: tells its port, then its counts whenever it is asked.
const counts = { open: 0, ended: 0, left: 0 }
let waiting: (() => void)[] = []

const server = createServer((request, response) => {
  const body: Buffer[] = []
  request.on('data', (chunk: Buffer) => body.push(chunk))
  request.on('end', () => {
    const { messages } = JSON.parse(Buffer.concat(body).toString())
    const script: StreamScript = JSON.parse(messages.at(-1).content)
    counts.open++
    response.once('close', () => {
      counts.open--
      counts[response.writableFinished ? 'ended' : 'left']++
    })
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    waiting.push(() => speak(response, script))
    if (counts.open < (script.together ?? 0)) return
    for (const begin of waiting) begin()
    waiting = []
  })
})

function speak(response: ServerResponse, script: StreamScript): void {
  let said = 0
  const next = () => {
    if (response.destroyed) return
    if (said === script.chunks) return void response.end(lastEvents(said))
    response.write(event({ choices: [choice({ content: pieceOf(script, said++) }, null)] }))
    setTimeout(next, script.intervalMs).unref()
  }
  next()
}

function lastEvents(said: number): string {
  const usage = { prompt_tokens: 10, completion_tokens: said, total_tokens: 10 + said }
  return `${event({ choices: [choice({}, 'stop')] })}${event({ choices: [], usage })}data: [DONE]\n\n`
}

function choice(delta: object, finish_reason: string | null) {
  return { index: 0, delta, finish_reason }
}

function event(fields: object): string {
  return `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm', ...fields })}\n\n`
}

process.on('message', () => process.send?.(counts))
server.listen(0, '127.0.0.1', 4096, () => process.send?.((server.address() as AddressInfo).port))
