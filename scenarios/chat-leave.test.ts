import assert from 'node:assert/strict'
import { type IncomingMessage, request } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { type ChatDoorName, chatDoorNames, chatDoors } from './testing/chat-doors.ts'
import { type FaultBed, openFaultBed } from './testing/fault-bed.ts'
import { asked, firstWord } from './testing/fault-outcomes.ts'
import { waitUntil } from './testing/wait-until.ts'

/** So that no clock ends what its caller leaves. */
const patient = { timeout: '1m', firstByte: '1m', idle: '1m' }
const places = ['stall-first', 'stall-midway', 'flood', 'usage-late'] as const
/** More than the sockets of two connections hold, and the gateway between them; upstream would write 400 MB. */
const heldMax = 64 * 2 ** 20

describe('at the chat doors, a caller', () => {
  let bed: FaultBed
  before(async () => {
    bed = await openFaultBed(({ address }) =>
      Object.fromEntries(
        chatDoorNames.flatMap((backend) =>
          places.map((fault) => {
            const version = { backend, model: 'faulty', replicas: [address(backend, fault)] }
            const limits = fault === 'flood' ? { ...patient, idle: '500ms' } : patient
            return [`${backend}-${fault}`, { limits, versions: { '1.0': version } }]
          }),
        ),
      ),
    )
  })
  after(() => bed.close())

  for (const door of chatDoorNames) {
    for (const backend of chatDoorNames) {
      const way = `${door} door, ${backend} backend`

      it(`who leaves in mid-stream cancels upstream, and what came is charged: ${way}`, async () => {
        const leaveOnce = async () => {
          const abort = new AbortController()
          const { signal } = abort
          const response = await bed.ask(door, `${backend}-stall-midway`, { text: asked, stream: true, signal })
          await readUntil(response, firstWord)
          return leave(abort)
        }
        const { call } = await atOnce(leaveOnce)
        const { outcome, code, attempts, usageEstimated, ...record } = await bed.record(call)
        assert.deepEqual([outcome, code, attempts.map((one) => one.code)], ['cancelled', 'cancelled', ['cancelled']])
        const { inputTokens = 0, outputTokens = 0, costUsd } = record
        assert.ok(inputTokens > 0 && outputTokens > 0, `${inputTokens} and ${outputTokens} tokens`)
        assert.deepEqual([usageEstimated, costUsd], [true, (inputTokens + 2 * outputTokens) / 1e6])
      })

      for (const [form, stream] of [
        ['a stream', true],
        ['a whole answer', false],
      ] as const) {
        it(`who leaves before ${form} began cancels upstream: ${way}`, async () => {
          const leaveOnce = async () => {
            const before = bed.vendor.lastCall()
            const abort = new AbortController()
            const { signal } = abort
            const asking = bed.ask(door, `${backend}-stall-first`, { text: asked, stream, signal })
            const left = waitUntil('the call came', () => bed.vendor.lastCall() !== before, 5000).then(() =>
              leave(abort),
            )
            await assert.rejects(asking, { name: 'AbortError' })
            return left
          }
          const { call } = await atOnce(leaveOnce)
          const { outcome, attempts, inputTokens = 0, outputTokens, usageEstimated } = await bed.record(call)
          const codes = attempts.map(({ code }) => code)
          assert.deepEqual([outcome, codes], ['cancelled', ['cancelled']])
          // It was asked, and has read the input.
          assert.deepEqual([inputTokens > 0, outputTokens, usageEstimated], [true, 0, true])
        })
      }

      it(`who reads slowly holds upstream back, and is not taken for a silent one: ${way}`, async () => {
        const response = await openUnread(door, `${backend}-flood`)
        const seen = bed.vendor.seen(bed.vendor.lastCall())
        await waitUntil(
          'upstream waits',
          still(() => seen.bytes, 1000),
          10_000,
        )
        assert.ok(seen.bytes < heldMax, `${seen.bytes} bytes went out for a reader who takes none`)
        let read = 0
        const goal = 2 * seen.bytes
        response.on('data', (piece: Buffer) => {
          read += piece.length
        })
        await waitUntil('it is read on', () => read > goal, 20_000)
        response.destroy()
        await seen.closed
        assert.equal((await bed.record(bed.vendor.lastCall())).outcome, 'cancelled')
      })
    }
  }

  it('who leaves with the last word, before its usage is told, is charged what upstream tells', async () => {
    const ask = async (signal: AbortSignal) => {
      const response = await bed.ask('openai', 'openai-usage-late', { text: asked, stream: true, signal })
      return { response, call: bed.vendor.lastCall() }
    }
    const stayed = await ask(new AbortController().signal)
    await stayed.response.text()
    const abort = new AbortController()
    const left = await ask(abort.signal)
    await readUntil(left.response, '"finish_reason":"stop"')
    abort.abort()
    const [whole, record] = [await bed.record(stayed.call), await bed.record(left.call)]
    assert.deepEqual([whole.outcome, record.outcome, record.usageEstimated], ['ok', 'cancelled', false])
    const told = ({ inputTokens, outputTokens, reasoningTokens, costUsd }: typeof record) => ({
      inputTokens,
      outputTokens,
      reasoningTokens,
      costUsd,
    })
    assert.deepEqual(told(record), told(whole))
    assert.ok((record.outputTokens ?? 0) > 0)
  })

  async function leave(abort: AbortController): Promise<Left> {
    const call = bed.vendor.lastCall()
    const leftAt = performance.now()
    abort.abort()
    return { call, tookMs: (await bed.vendor.seen(call).closed) - leftAt }
  }

  /** A stream that nobody reads, once its head has come. */
  function openUnread(door: ChatDoorName, model: string) {
    const { path, request: body } = chatDoors[door]
    const headers = { authorization: `Bearer ${bed.gateway.adminKey}`, 'content-type': 'application/json' }
    return new Promise<IncomingMessage>((resolve, reject) => {
      const sent = request(bed.gateway.url + path, { method: 'POST', headers, agent: false }, resolve)
      sent.on('error', reject).end(JSON.stringify(body(model, asked, true)))
    })
  }
})

interface Left {
  readonly call: string
  readonly tookMs: number
}

/** Within 100 ms; the fastest of a few, as a busy machine may hold up one of them. */
async function atOnce(leaveOnce: () => Promise<Left>): Promise<Left> {
  let fastest = await leaveOnce()
  for (let tries = 1; tries < 4 && fastest.tookMs >= 100; tries++) {
    const next = await leaveOnce()
    if (next.tookMs < fastest.tookMs) fastest = next
  }
  assert.ok(fastest.tookMs < 100, `upstream went on for ${fastest.tookMs} ms`)
  return fastest
}

async function readUntil({ body }: Response, words: string): Promise<void> {
  const reader = body?.getReader()
  for (let text = ''; !text.includes(words); ) {
    const piece = await reader?.read()
    assert.ok(piece?.value, `the stream ended before "${words}"`)
    text += Buffer.from(piece.value).toString()
  }
}

/** Whether a number has not changed for so long. */
function still(look: () => number, forMs: number): () => boolean {
  let last = look()
  let since = performance.now()
  return () => {
    const now = performance.now()
    if (look() !== last) since = now
    last = look()
    return now - since > forMs
  }
}
