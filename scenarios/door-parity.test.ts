import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startTestGateway, type TestGateway } from './testing/start-test-gateway.ts'

/**
 * The same call through REST and through GraphQL: the same code, the same Record, the same accounting. A door that is added
 * adds itself to `doors`.
 */
interface Scenario {
  readonly name: string
  readonly input: Record<string, unknown>
  readonly headers?: Record<string, string>
  readonly options?: Record<string, unknown>
  readonly code?: string
  readonly model?: string
  readonly outcome: 'ok' | 'refused' | 'failed' | 'cancelled'
  /** The caller hangs up after so many ms. */
  readonly leaveAfterMs?: number
}

const pin = { headers: { 'Astra-Version': '1.1' }, options: { version: '1.1' } }

const scenarios: readonly Scenario[] = [
  { name: 'good', input: { text: 'hi' }, ...pin, outcome: 'ok' },
  {
    name: 'good with every option',
    input: { text: 'hi' },
    headers: {
      'Astra-Unit': 'u',
      'Astra-Session': 's',
      'Astra-Reference': 'r',
      'Astra-Tags': 'a=b',
      'Astra-Timeout': '500ms',
      'Cache-Control': 'no-store',
      'Idempotency-Key': 'k',
    },
    options: {
      unit: 'u',
      session: 's',
      reference: 'r',
      tags: { a: 'b' },
      timeoutMs: 500,
      cache: 'no-store',
      idempotencyKey: 'k',
    },
    outcome: 'ok',
  },
  { name: 'too long for the contract', input: { text: 'x'.repeat(1001) }, code: 'invalid_input', outcome: 'refused' },
  {
    name: 'an unknown version',
    input: { text: 'hi' },
    headers: { 'Astra-Version': '7' },
    options: { version: '7' },
    code: 'unknown_version',
    outcome: 'refused',
  },
  {
    name: 'a retired version',
    input: { text: 'hi' },
    headers: { 'Astra-Version': '0.9' },
    options: { version: '0.9' },
    code: 'version_retired',
    outcome: 'refused',
  },
  {
    name: 'a bad option',
    input: { text: 'hi' },
    headers: { 'Astra-Timeout': '9999s' },
    options: { timeoutMs: 9_999_000 },
    code: 'invalid_option',
    outcome: 'refused',
  },
  {
    name: 'refused upstream',
    input: { text: 'hi', echo: { fail: 'refused' } },
    code: 'invalid_input',
    outcome: 'failed',
  },
  {
    name: 'failed upstream',
    input: { text: 'hi', echo: { fail: 'failed' } },
    code: 'upstream_failed',
    outcome: 'failed',
  },
  {
    name: 'unavailable upstream',
    input: { text: 'hi', echo: { fail: 'unavailable' } },
    code: 'upstream_unavailable',
    outcome: 'failed',
  },
  { name: 'cut upstream', input: { text: 'hi', echo: { cutAfter: 0 } }, code: 'upstream_failed', outcome: 'failed' },
  {
    name: 'slow beyond its limit',
    input: { text: 'hi', echo: { delayMs: 5000 } },
    headers: { 'Astra-Timeout': '50ms' },
    options: { timeoutMs: 50 },
    code: 'timeout',
    outcome: 'failed',
  },
  {
    name: 'an answer that breaks the contract',
    input: { text: 'hi', echo: { answer: { text: 1 } } },
    code: 'invalid_output',
    outcome: 'failed',
  },
  {
    name: 'a caller who leaves',
    input: { text: 'hi', echo: { delayMs: 900 } },
    leaveAfterMs: 100,
    code: 'cancelled',
    outcome: 'cancelled',
  },
]

interface Outcome {
  readonly code: string | undefined
  readonly id: string
  readonly output: unknown
}

type Door = (gateway: TestGateway, scenario: Scenario, signal: AbortSignal | undefined) => Promise<Outcome>

const doors: Readonly<Record<'native' | 'graphql', Door>> = {
  async native(gateway, { input, headers = {}, model = 'probe' }, signal) {
    const { headers: got, body } = await gateway.ask(
      'POST',
      `/models/${model}/v1/predict`,
      { input },
      { headers, ...(signal ? { signal } : {}) },
    )
    return { code: got.get('astra-error-code') ?? undefined, id: body.id ?? body.callId, output: body.output }
  },
  async graphql(gateway, { input, options, model = 'probe' }, signal) {
    const query = `query ($input: ProbeV1Input!, $options: CallOptions) { models { ${model} { v1(input: $input, options: $options) { id output { text } } } } }`
    const { body } = await gateway.graphql(query, { input, options }, signal ? { signal } : {})
    const answer = body.data?.models?.[model]?.v1
    const extensions = body.errors?.[0]?.extensions
    assert.ok(answer ?? extensions, JSON.stringify(body))
    return { code: extensions?.code, id: answer?.id ?? extensions?.callId, output: answer?.output }
  },
}

/**
 * What must be equal; ids, times and the door itself cannot be. Nor can the items of a bad option: it stands in a header, and the
 * native door refuses it before it reads the body, while a GraphQL body holds both.
 */
function comparable({
  id: _i,
  time: _t,
  door: _d,
  latencyMs: _l,
  queueMs: _q,
  upstreamMs: _u,
  traceId: _r,
  attempts,
  reason,
  items,
  itemsFailed,
  ...rest
}: Record<string, unknown>) {
  const tried = (attempts as { code?: string; role: string; replica: string }[]).map(({ code, role, replica }) => ({
    code,
    role,
    replica,
  }))
  return {
    ...rest,
    ...(rest.code === 'invalid_option' ? {} : { items, itemsFailed }),
    attempts: tried,
    reason: String(reason).replaceAll(/\d+/g, 'n').replace('Astra-Timeout', 'timeoutMs'),
  }
}

describe('door parity: the same through REST and GraphQL', () => {
  let gateway: TestGateway
  before(async () => {
    gateway = await startTestGateway()
  })
  after(() => gateway.stop())

  for (const given of scenarios) {
    it(given.name, async () => {
      const seen: Record<string, unknown>[] = []
      // One unit for both, so that both meet one version.
      const scenario = {
        ...given,
        headers: { 'Astra-Unit': 'u', ...given.headers },
        options: { unit: 'u', ...given.options },
      }
      for (const [name, door] of Object.entries(doors)) {
        const signal = scenario.leaveAfterMs === undefined ? undefined : AbortSignal.timeout(scenario.leaveAfterMs)
        const known = await newest(gateway)
        const outcome = await door(gateway, scenario, signal).catch((error) => {
          if (scenario.leaveAfterMs === undefined) throw error
          return undefined
        })
        if (outcome) assert.equal(outcome.code, scenario.code, name)
        if (outcome && !scenario.code) assert.deepEqual(outcome.output, { text: 'hi' })
        const record = await nextRecord(gateway, known)
        if (outcome) assert.equal(record.id, outcome.id, `${name}: the answer and the Record have one id`)
        assert.equal(record.door, name)
        assert.equal(record.outcome, scenario.outcome)
        assert.equal(record.code ?? undefined, scenario.code)
        seen.push(comparable(record))
      }
      assert.deepEqual(seen[0], seen[1])
    })
  }

  it('accounts the same for both doors', async () => {
    const { body } = await gateway.ask('GET', '/api/v1/usage?by=door,outcome&since=1h')
    const byDoor = (door: string) =>
      body.rows
        .filter((row: { by: { door: string } }) => row.by.door === door)
        .map(
          ({
            by,
            calls,
            failed,
            items,
          }: {
            by: { outcome: string }
            calls: number
            failed: number
            items: number
          }) => ({ outcome: by.outcome, calls, failed, items }),
        )
        .sort((a: { outcome: string }, b: { outcome: string }) => a.outcome.localeCompare(b.outcome))
    assert.ok(byDoor('native').length >= 4)
    // The one input of each bad option, which the native door leaves unread.
    const unread = scenarios.filter(({ code }) => code === 'invalid_option').length
    const native = byDoor('native').map((row: { outcome: string; items: number }) =>
      row.outcome === 'refused' ? { ...row, items: row.items + unread } : row,
    )
    assert.deepEqual(native, byDoor('graphql'))
    const { body: status } = await gateway.ask('GET', '/api/v1/status')
    assert.equal(status.calls.received, status.calls.recorded + status.calls.refused)
    assert.equal(status.calls.received, scenarios.length * 2)
  })
})

async function newest(gateway: TestGateway): Promise<string | undefined> {
  const { body } = await gateway.ask('GET', '/api/v1/calls?limit=1')
  return body.calls[0]?.id
}

/** Records become readable when their batch is written: within 100 ms, as documented; a second is a fault. */
async function nextRecord(gateway: TestGateway, known: string | undefined): Promise<Record<string, unknown>> {
  const until = performance.now() + 3000
  while (performance.now() < until) {
    const { body } = await gateway.ask('GET', '/api/v1/calls?limit=1')
    const [call] = body.calls
    if (call && call.id !== known) return call
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error('no Record came')
}
