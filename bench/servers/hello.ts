import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { chat } from '../workload.ts'

// The least that an answer without an upstream can cost in Node: the request's JSON is read, the answer's written. What a
// cache hit is held against. Started as a process of its own.
const answer: unknown = JSON.parse(chat.answer)
/** Works for so long at each call, for `wakeups.ts`; 0 by default. */
const busyMs = Number(process.argv[2] ?? 0) / 1000

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const { model }: { model?: unknown } = JSON.parse(Buffer.concat(chunks).toString())
    for (const from = performance.now(); performance.now() - from < busyMs; );
    const body = JSON.stringify({ ...Object(answer), model })
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    response.end(body)
  })
})

server.keepAliveTimeout = 600_000
server.listen(0, '127.0.0.1', 4096, () => console.log(`listening on ${(server.address() as AddressInfo).port}`))
