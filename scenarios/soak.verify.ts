import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { Agent, fetch } from 'undici'
import { startTestGateway, type TestGateway } from './testing/start-test-gateway.ts'

/** Memory after a full collection, MB. The gateway runs in this process, so what it keeps is counted here. */
function heapMb(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 2 ** 20
}

describe('soak', () => {
  let gateway: TestGateway
  const agent = new Agent({ connections: 64 })
  before(async () => {
    assert.ok(globalThis.gc, 'run by npm run verify, which exposes the collector')
    gateway = await startTestGateway()
  })
  after(async () => {
    await agent.close()
    await gateway.stop()
  })

  const headers = () => ({ authorization: `Bearer ${gateway.adminKey}`, 'content-type': 'application/json' })
  const status = async () => (await gateway.ask('GET', '/api/v1/status')).body

  it('memory is flat over 200,000 calls through both doors, and each has its Record', {
    timeout: 900_000,
  }, async () => {
    const round = async (calls: number) => {
      let sent = 0
      const client = async () => {
        while (sent < calls) {
          const n = sent++
          const graphql = n % 4 === 3
          const body = graphql
            ? {
                query: 'query ($t: String!) { models { probe { v1(input: { text: $t }) { id } } } }',
                variables: { t: `${n}` },
              }
            : { input: { text: `${n}` } }
          const path = graphql ? '/graphql' : '/models/probe/v1/predict'
          const response = await fetch(gateway.url + path, {
            method: 'POST',
            headers: headers(),
            body: JSON.stringify(body),
            dispatcher: agent,
          })
          assert.equal(response.status, 200)
          await response.arrayBuffer()
        }
      }
      await Promise.all(Array.from({ length: 64 }, client))
    }
    await round(50_000)
    const warm = heapMb()
    await round(150_000)
    const end = heapMb()
    console.log(`heap after 50,000 calls ${warm.toFixed(1)} MB, after 200,000 ${end.toFixed(1)} MB`)
    assert.ok(end - warm < 10, `grew by ${(end - warm).toFixed(1)} MB`)
    const { calls } = await status()
    assert.equal(calls.received, 200_000)
    assert.equal(calls.recorded, 200_000)
  })

  it('memory is flat over 10,000 streams that their readers leave, and each has its Record', {
    timeout: 900_000,
  }, async () => {
    const before = await status()
    const body = JSON.stringify({ input: { text: 'one two three', echo: { intervalMs: 30_000 } } })
    const leave = () =>
      new Promise<void>((resolve, reject) => {
        const call = request(`${gateway.url}/models/probe/v1/predict`, {
          method: 'POST',
          headers: { ...headers(), accept: 'text/event-stream' },
        })
        call.on('response', (response) => {
          response.once('data', () => {
            call.destroy()
            resolve()
          })
          response.on('error', () => undefined)
        })
        call.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' ? resolve() : reject(error)))
        call.end(body)
      })
    const round = async (streams: number) => {
      for (let i = 0; i < streams; i += 50) await Promise.all(Array.from({ length: 50 }, leave))
    }
    await round(2000)
    const warm = heapMb()
    await round(8000)
    const until = performance.now() + 10_000
    let now = await status()
    while (now.calls.recorded - before.calls.recorded < 10_000 && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 100))
      now = await status()
    }
    const end = heapMb()
    console.log(`heap after 2,000 streams ${warm.toFixed(1)} MB, after 10,000 ${end.toFixed(1)} MB`)
    assert.equal(now.calls.recorded - before.calls.recorded, 10_000)
    assert.ok(end - warm < 10, `grew by ${(end - warm).toFixed(1)} MB`)
    const good = await gateway.ask('POST', '/models/probe/v1/predict', { input: { text: 'still here' } })
    assert.equal(good.status, 200)
  })
})
