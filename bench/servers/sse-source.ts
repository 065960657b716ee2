import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { frame, type StreamOrder } from './sse-frames.ts'

// The least that a stream made in Node can cost: a timer and a write for each chunk. The upstream of sse-pipe.ts, and a row of
// its own beside the echo backend, which has no upstream either. Started as a process of its own.
const server = createServer((request, response) => {
  const body: Buffer[] = []
  request.on('data', (chunk: Buffer) => body.push(chunk))
  request.on('end', () => {
    const { chunks, intervalMs }: StreamOrder = JSON.parse(Buffer.concat(body).toString())
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    let left = chunks
    const next = () => {
      response.write(frame)
      if (--left > 0) setTimeout(next, intervalMs)
      else response.end()
    }
    next()
  })
})

server.keepAliveTimeout = 600_000
server.listen(0, '127.0.0.1', 4096, () => console.log(`listening on ${(server.address() as AddressInfo).port}`))
