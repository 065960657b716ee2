import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify from 'fastify'
import { systemClock as clock } from '../../packages/gateway/src/kernel/clock.ts'
import { sampleCall } from '../../packages/gateway/src/stores/conformance/samples.ts'
import { openSqliteStore } from '../../packages/gateway/src/stores/sqlite/sqlite.ts'
import { chat } from '../workload.ts'

// The least that an answer without an upstream can cost where Fastify takes the call in and the store keeps a Record of it: the `hello`
// server with both, and nothing of a gateway's own work. Started as a process of its own.
const answer: unknown = JSON.parse(chat.answer)
const dataDir = await mkdtemp(join(tmpdir(), 'astra-bench-'))
const store = await openSqliteStore({ dataDir, clock })
const kept = sampleCall(0)
const http = Fastify({ keepAliveTimeout: 600_000 })

http.post(chat.path, (request, reply) => {
  const id = clock.id()
  const { model } = Object(request.body)
  reply.header('content-type', 'application/json').send(JSON.stringify({ ...Object(answer), model }))
  store.records.put({ ...kept, id, time: clock.now(), traceId: id })
})

const url = await http.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
console.log(`listening on ${new URL(url).port}`)
process.once('SIGTERM', async () => {
  await store.close()
  await rm(dataDir, { recursive: true })
  process.exit(0)
})
