import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CallRecord } from '../../packages/gateway/src/kernel/record.ts'
import { type ChatDoorName, chatDoors } from './chat-doors.ts'
import { type FaultVendor, startFaultVendor } from './fault-vendor.ts'
import { startTestGateway, type TestGateway } from './start-test-gateway.ts'
import { waitUntil } from './wait-until.ts'

/** A gateway before the fault vendor. */
export interface FaultBed {
  readonly vendor: FaultVendor
  readonly gateway: TestGateway
  /** A call at a chat door. */
  ask(door: ChatDoorName, model: string, asked: Asked): Promise<Response>
  /** A Record once it can be read. */
  record(callId: string): Promise<RecordSeen>
  close(): Promise<void>
}

export interface Asked {
  readonly text: string
  readonly stream: boolean
  readonly signal?: AbortSignal
}

export type RecordSeen = Partial<CallRecord> & Pick<CallRecord, 'outcome' | 'attempts' | 'unpriced' | 'usageEstimated'>

/** One contract's part of the manifest. */
export interface FaultModel {
  readonly limits?: Readonly<Record<string, string>>
  readonly versions: Readonly<Record<string, object>>
  readonly fallback?: readonly string[]
}

/** The three clocks, of all models that say nothing else: short, and longer than a busy machine may hold up a whole process. */
const limits = { timeout: '3s', firstByte: '1s', idle: '1s' }

/** `faulty` has prices, and the spare that is fallen back on has none. */
const price = { from: '2020-01-01', input: 1, output: 2 }
const prices = { 'openai/faulty': [price], 'anthropic/faulty': [price] }

export async function openFaultBed(
  modelsAt: (vendor: FaultVendor) => Readonly<Record<string, FaultModel>>,
): Promise<FaultBed> {
  const vendor = await startFaultVendor()
  const folder = await mkdtemp(join(tmpdir(), 'astra-faults-'))
  const config = join(folder, 'astra.yaml')
  const models = Object.entries(modelsAt(vendor)).map(([name, model]) => [name, declared(model)])
  // JSON is YAML, too.
  await writeFile(config, JSON.stringify({ models: Object.fromEntries(models), prices }))
  const gateway = await startTestGateway({ config })
  return {
    vendor,
    gateway,
    ask: (door, model, { text, stream, signal }) =>
      fetch(gateway.url + chatDoors[door].path, {
        method: 'POST',
        headers: { authorization: `Bearer ${gateway.adminKey}`, 'content-type': 'application/json' },
        body: JSON.stringify(chatDoors[door].request(model, text, stream)),
        ...(signal ? { signal } : {}),
      }),
    async record(callId) {
      let found: RecordSeen | undefined
      const look = async () => {
        const { status, body } = await gateway.ask('GET', `/api/v1/calls/${callId}`)
        if (status === 200) found = body.call
        return found !== undefined
      }
      await waitUntil(`the Record of ${callId}`, look, 5000)
      if (!found) throw new Error('unreachable')
      return found
    },
    async close() {
      await gateway.stop()
      await vendor.close()
      await rm(folder, { recursive: true })
    },
  }
}

function declared({ versions, fallback = [], limits: own }: FaultModel): object {
  const [first = ''] = Object.keys(versions)
  const traffic = { weights: { [first]: 100 }, fallback }
  const contract = { task: 'chat', streams: true, limits: { ...limits, ...own }, versions, traffic }
  return { owner: 'tests', contracts: { v1: contract } }
}
