import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { type ReadChat, readChat, wordsOf } from './testing/read-chat.ts'
import { type Memory, type SpawnedGateway, spawnGateway } from './testing/spawn-gateway.ts'
import {
  pieceOf,
  type StreamingVendor,
  type StreamScript,
  spawnStreamingVendor,
} from './testing/spawn-streaming-vendor.ts'
import { waitUntil } from './testing/wait-until.ts'

const streams = 2000
const rounds = 4
const chunks = 50
const aborted = 10_000
const wave = 500

/** The gateway holds two sockets for each stream; store, probes and what else is open take a few dozen. */
const filesNeeded = 2 * streams + 500

interface Told {
  readonly id: string
  readonly outcome: string
  readonly outputTokens?: number
  readonly usageEstimated: boolean
}

describe('many streams at once', { timeout: 600_000 }, () => {
  let vendor: StreamingVendor
  let gateway: SpawnedGateway
  before(async () => {
    const files = openFilesMax()
    assert.ok(
      files >= filesNeeded,
      `a process may have ${files} open files here, and this needs ${filesNeeded}: run it after "ulimit -n ${filesNeeded}"`,
    )
    vendor = await spawnStreamingVendor()
    const version = { backend: 'openai', model: 'm', apiKey: { env: 'ASTRA_TEST_KEY' }, replicas: [`${vendor.url}/v1`] }
    const v1 = { task: 'chat', limits: { inFlight: 4096, timeout: '5m' }, versions: { '1.0': version } }
    const manifest = { models: { chat: { owner: 'tests', contracts: { v1 } } } }
    gateway = await spawnGateway(manifest, { ASTRA_TEST_KEY: 'vendor-key' })
  })
  after(async () => {
    await gateway?.stop()
    await vendor?.close()
  })

  async function ask<T>(path: string): Promise<T> {
    const response = await fetch(gateway.url + path, { headers: { authorization: `Bearer ${gateway.adminKey}` } })
    assert.equal(response.status, 200, path)
    return (await response.json()) as T
  }

  /** Waits until every call so far has its Record. */
  async function recorded(expected: number): Promise<void> {
    const now = async () => (await ask<{ calls: { received: number; recorded: number } }>('/api/v1/status')).calls
    await waitUntil(`${expected} Records`, async () => (await now()).recorded >= expected, 30_000)
    assert.deepEqual({ ...(await now()) }, { ...(await now()), received: expected, recorded: expected })
  }

  /** Holds the Records of these calls, which are the newest, against what they are to tell. */
  async function checkRecords(calls: readonly ReadChat[], check: (told: Told) => void): Promise<void> {
    let records: ReadonlyMap<string, Told> = new Map()
    // They are counted a moment before they are stored.
    await waitUntil(
      'each call has a Record',
      async () => {
        records = await newest(calls.length)
        return calls.every(({ callId }) => records.has(callId))
      },
      5000,
    )
    for (const told of records.values()) check(told)
  }

  async function newest(count: number): Promise<ReadonlyMap<string, Told>> {
    const found = new Map<string, Told>()
    for (let before = ''; found.size < count; ) {
      const limit = Math.min(1000, count - found.size)
      const page = await ask<{ calls: Told[]; next?: string }>(`/api/v1/calls?limit=${limit}${before}`)
      for (const call of page.calls) found.set(call.id, call)
      if (page.next === undefined) break
      before = `&before=${encodeURIComponent(page.next)}`
    }
    return found
  }

  it(`${streams} at once all finish with their whole text and a Record, and memory returns to where it was`, async () => {
    const agent = new Agent({ keepAlive: false })
    const kept: Memory[] = []
    console.log(`before: ${inWords(await gateway.memory())}`)
    for (let round = 1; round <= rounds; round++) {
      const scripts = Array.from({ length: streams }, (_, n): StreamScript => {
        return { name: `r${round}s${n}`, chunks, intervalMs: 200, together: streams }
      })
      const read = await Promise.all(scripts.map((script) => readChat(gateway, script, agent)))
      for (const [n, { events }] of read.entries()) {
        const script = scripts[n]
        assert.ok(script)
        assert.equal(events.at(-1), '[DONE]', script.name)
        assert.equal(wordsOf(events), Array.from({ length: chunks }, (_, n) => pieceOf(script, n)).join(''))
      }
      await recorded(round * streams)
      await checkRecords(read, ({ outcome, outputTokens, usageEstimated }) => {
        const told = { outcome, outputTokens, usageEstimated }
        assert.deepEqual(told, { outcome: 'ok', outputTokens: chunks, usageEstimated: false })
      })
      const memory = await gateway.memory()
      kept.push(memory)
      console.log(`after ${round * streams} streams: ${inWords(memory)}`)
    }
    assertFlat(kept)
  })

  it(`${aborted} that their readers leave are closed upstream, have a Record each, and leave nothing behind`, async () => {
    const before = await vendor.counts()
    const agent = new Agent({ keepAlive: false })
    const kept: Memory[] = []
    for (let begun = 0; begun < aborted; ) {
      const leaving = Array.from({ length: wave }, (_, n) => {
        const script = { name: `a${begun + n}`, chunks: 2, intervalMs: 600_000 }
        return readChat(gateway, script, agent, pieceOf(script, 0))
      })
      const left = await Promise.all(leaving)
      begun += wave
      await recorded(rounds * streams + begun)
      if (begun % 2000 !== 0) continue
      await checkRecords(left, ({ outcome, outputTokens = 0, usageEstimated }) => {
        const told = { outcome, counted: outputTokens > 0, usageEstimated }
        assert.deepEqual(told, { outcome: 'cancelled', counted: true, usageEstimated: true })
      })
      const memory = await gateway.memory()
      kept.push(memory)
      console.log(`after ${begun} streams that were left: ${inWords(memory)}`)
    }
    await waitUntil('all closed upstream', async () => (await vendor.counts()).open === 0, 5000)
    assert.deepEqual(await vendor.counts(), { open: 0, ended: before.ended, left: before.left + aborted })
    assertFlat(kept)
  })
})

/**
 * The heap and its buffers are held against the first measurement, when everything has been compiled; what the system says against
 * the second, as the C library's allocator keeps what it once had.
 */
function assertFlat([first, second, ...later]: readonly Memory[]): void {
  const last = later.at(-1)
  assert.ok(first && second && last)
  const grown = last.heapMb + last.externalMb - first.heapMb - first.externalMb
  assert.ok(grown < 10, `the heap and its buffers grew by ${grown.toFixed(1)} MB`)
  const resident = last.rssMb - second.rssMb
  assert.ok(resident < 60, `the resident memory grew by ${resident.toFixed(1)} MB`)
}

function inWords({ heapMb, externalMb, rssMb }: Memory): string {
  return `heap ${heapMb.toFixed(1)} MB, buffers ${externalMb.toFixed(1)} MB, resident ${rssMb.toFixed(0)} MB`
}

/** Node raises the soft limit to the hard one when it starts. */
function openFilesMax(): number {
  const { userLimits } = process.report.getReport() as unknown as {
    userLimits: { open_files: { soft: number | string } }
  }
  const { soft } = userLimits.open_files
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft)
}
