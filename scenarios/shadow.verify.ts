import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { type SpawnedGateway, spawnGateway } from './testing/spawn-gateway.ts'
import { waitUntil } from './testing/wait-until.ts'

const clients = 4
const callsPerRound = 500
const rounds = 20
/** As many copies as may be in flight for a contract. */
const inFlightMax = 32

const text = {
  type: 'object',
  properties: { text: { type: 'string' } },
  required: ['text'],
  additionalProperties: false,
}

/** Two contracts that differ in their shadow alone: one copies every call to a version that never answers. */
function manifest(): object {
  const served = { backend: 'echo', delayMs: 2 }
  const contract = { task: 'custom', input: text, output: text, limits: { timeout: '1s' } }
  const model = (more: object) => ({ owner: 'tests', contracts: { v1: { ...contract, ...more } } })
  return {
    models: {
      plain: model({ versions: { '1.0': served } }),
      shadowed: model({
        versions: { '1.0': served, '1.1': { backend: 'echo', hangAfter: 0 } },
        traffic: { weights: { '1.0': 1 }, shadow: { version: '1.1', share: 1 } },
      }),
    },
  }
}

describe('a shadow that hangs, of every call', { timeout: 300_000 }, () => {
  let gateway: SpawnedGateway
  const agent = new Agent({ keepAlive: true, maxSockets: clients })
  before(async () => {
    gateway = await spawnGateway(manifest(), { ASTRA_LOG_LEVEL: 'silent' })
  })
  after(async () => {
    agent.destroy()
    await gateway?.stop()
  })

  const headers = () => ({ authorization: `Bearer ${gateway.adminKey}`, 'content-type': 'application/json' })

  /** Resolves with how long it took, ms. */
  function call(model: string): Promise<number> {
    const from = performance.now()
    return new Promise((resolve, reject) => {
      const asked = request(`${gateway.url}/models/${model}/v1/predict`, { method: 'POST', headers: headers(), agent })
      asked.on('error', reject)
      asked.on('response', (response) => {
        response.resume()
        response.on('end', () => {
          if (response.statusCode === 200) resolve(performance.now() - from)
          else reject(new Error(`${response.statusCode}`))
        })
      })
      asked.end('{"input":{"text":"hello"}}')
    })
  }

  /** Latencies of some calls, sorted. */
  async function round(model: string): Promise<readonly number[]> {
    const took: number[] = []
    let left = callsPerRound
    const client = async () => {
      while (left-- > 0) took.push(await call(model))
    }
    await Promise.all(Array.from({ length: clients }, client))
    return took.sort((a, b) => a - b)
  }

  async function ask(path: string): Promise<string> {
    const response = await fetch(gateway.url + path, { headers: headers() })
    assert.equal(response.status, 200, path)
    return response.text()
  }

  const inFlight = async () => Number(/^astra_shadow_in_flight (\d+)$/m.exec(await ask('/metrics'))?.[1])

  it("leaves the callers' p99 as it is, and the memory; copies are bounded, and what is dropped is counted", async () => {
    await round('plain')
    await round('shadowed')
    const memoryBefore = await gateway.memory()
    const p99: Record<'plain' | 'shadowed', number[]> = { plain: [], shadowed: [] }
    let most = 0
    for (let n = 0; n < rounds; n++) {
      // Who goes first has what the other left behind.
      const order = n % 2 === 0 ? (['plain', 'shadowed'] as const) : (['shadowed', 'plain'] as const)
      for (const model of order) {
        p99[model].push(at(await round(model), 0.99))
        most = Math.max(most, await inFlight())
      }
    }
    assert.ok(most > 0 && most <= inFlightMax, `${most} copies in flight`)
    await waitUntil('the last copies end', async () => (await inFlight()) === 0, 10_000)
    const memoryAfter = await gateway.memory()
    const [plain, shadowed] = [median(p99.plain), median(p99.shadowed)]
    const list = (values: readonly number[]) => values.map((ms) => ms.toFixed(1)).join(' ')
    console.log(`p99 of callers, ms, by round, without a shadow: ${list(p99.plain)}: median ${plain.toFixed(2)}`)
    console.log(`with one that hangs: ${list(p99.shadowed)}: median ${shadowed.toFixed(2)}`)
    console.log(
      `heap ${memoryBefore.heapMb.toFixed(1)} MB, after ${2 * rounds * callsPerRound} calls ${memoryAfter.heapMb.toFixed(1)}`,
    )
    // What the rounds of one and the same contract differ by is the noise here: between their quartiles.
    const rounded = p99.plain.toSorted((a, b) => a - b)
    const noise = at(rounded, 0.75) - at(rounded, 0.25)
    assert.ok(shadowed <= plain + Math.max(1, noise), `${shadowed} after ${plain}, noise ${noise}`)
    assert.ok(memoryAfter.heapMb - memoryBefore.heapMb < 5, 'the heap is flat')

    const report = JSON.parse(await ask('/api/v1/models/shadowed/v1/shadow'))
    const [{ dropped, failed, answered }] = report.pairs
    console.log(`copies: ${JSON.stringify({ dropped, failed, answered })}`)
    const calls = (rounds + 1) * callsPerRound
    assert.deepEqual([Object.keys(dropped), Object.keys(failed), answered], [['full'], ['timeout'], 0])
    assert.equal(dropped.full + failed.timeout, calls, 'every call was copied or counted')
    assert.ok(failed.timeout >= inFlightMax)

    const usage = await recorded(
      (rows) => rows.reduce((sum, { calls }) => sum + calls, 0) === 2 * calls + failed.timeout,
    )
    assert.deepEqual(
      usage.map(({ by, calls, failed }) => [by.consumer, by.model, by.version, calls, failed]),
      [
        ['admin', 'plain', '1.0', calls, 0],
        ['admin', 'shadowed', '1.0', calls, 0],
        ['astra-shadow', 'shadowed', '1.1', failed.timeout, failed.timeout],
      ],
      'each call has a Record, and each copy one of astra-shadow',
    )
  })

  interface Row {
    readonly by: { readonly consumer: string; readonly model: string; readonly version: string }
    readonly calls: number
    readonly failed: number
  }

  async function recorded(all: (rows: readonly Row[]) => boolean): Promise<readonly Row[]> {
    let rows: readonly Row[] = []
    await waitUntil(
      'the last Records are there',
      async () => {
        rows = JSON.parse(await ask('/api/v1/usage?since=1h&by=consumer&by=model&by=version')).rows
        return all(rows)
      },
      5000,
    )
    return [...rows].sort((a, b) => (JSON.stringify(a.by) < JSON.stringify(b.by) ? -1 : 1))
  }
})

function at(sorted: readonly number[], part: number): number {
  return sorted[Math.floor(part * sorted.length)] ?? Number.NaN
}

function median(values: readonly number[]): number {
  return at(
    values.toSorted((a, b) => a - b),
    0.5,
  )
}
