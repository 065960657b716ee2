import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type Script, startScriptedUpstream } from './testing/scripted-upstream.ts'
import { startTestGateway, type TestGateway } from './testing/start-test-gateway.ts'

/**
 * The same call through every door: the same code, the same Record, the same accounting. A door that is added adds itself to
 * `doors`.
 */
interface Scenario {
  readonly name: string
  readonly text?: string
  readonly script?: Script
  readonly headers?: Record<string, string>
  readonly options?: Record<string, unknown>
  readonly code?: string
  readonly outcome: 'ok' | 'refused' | 'failed' | 'cancelled'
  /** The caller hangs up after so many ms. */
  readonly leaveAfterMs?: number
}

const pin = { headers: { 'Astra-Version': '1.1' }, options: { version: '1.1' } }

const scenarios: readonly Scenario[] = [
  { name: 'good', ...pin, outcome: 'ok' },
  {
    // But for an Idempotency-Key: the second door would get what the first one got.
    name: 'good with every option',
    headers: {
      'Astra-Unit': 'u',
      'Astra-Session': 's',
      'Astra-Reference': 'r',
      'Astra-Tags': 'a=b',
      'Astra-Timeout': '500ms',
      'Cache-Control': 'no-store',
    },
    options: {
      unit: 'u',
      session: 's',
      reference: 'r',
      tags: { a: 'b' },
      timeoutMs: 500,
      cache: 'no-store',
    },
    outcome: 'ok',
  },
  { name: 'too long for the contract', text: 'x'.repeat(1001), code: 'invalid_input', outcome: 'refused' },
  {
    name: 'an unknown version',
    headers: { 'Astra-Version': '7' },
    options: { version: '7' },
    code: 'unknown_version',
    outcome: 'refused',
  },
  {
    name: 'a retired version',
    headers: { 'Astra-Version': '0.9' },
    options: { version: '0.9' },
    code: 'version_retired',
    outcome: 'refused',
  },
  {
    name: 'a bad option',
    headers: { 'Astra-Timeout': '9999s' },
    options: { timeoutMs: 9_999_000 },
    code: 'invalid_option',
    outcome: 'refused',
  },
  {
    name: 'refused upstream',
    script: { status: 400 },
    code: 'invalid_input',
    outcome: 'failed',
  },
  {
    name: 'failed upstream',
    script: { status: 500 },
    code: 'upstream_failed',
    outcome: 'failed',
  },
  {
    name: 'unavailable upstream',
    script: { status: 503 },
    code: 'upstream_unavailable',
    outcome: 'failed',
  },
  { name: 'cut upstream', script: { cut: true }, code: 'upstream_failed', outcome: 'failed' },
  {
    name: 'slow beyond its limit',
    script: { delayMs: 5000 },
    headers: { 'Astra-Timeout': '50ms' },
    options: { timeoutMs: 50 },
    code: 'timeout',
    outcome: 'failed',
  },
  {
    name: 'an answer that breaks the contract',
    script: { answer: 'x'.repeat(1001) },
    code: 'invalid_output',
    outcome: 'failed',
  },
  {
    name: 'a caller who leaves',
    script: { delayMs: 900 },
    leaveAfterMs: 100,
    code: 'cancelled',
    outcome: 'cancelled',
  },
]

interface Outcome {
  readonly code: string | undefined
  readonly id: string
  readonly text: unknown
}

type Door = (gateway: TestGateway, scenario: Scenario, signal: AbortSignal | undefined) => Promise<Outcome>

function inputOf({ text = 'hi', script = {} }: Scenario) {
  return { text, script: JSON.stringify(script) }
}

const doors: Readonly<Record<'native' | 'graphql' | 'oip', Door>> = {
  async native(gateway, scenario, signal) {
    const { headers = {} } = scenario
    const { headers: got, body } = await gateway.ask(
      'POST',
      '/models/probe/v1/predict',
      { input: inputOf(scenario) },
      { headers, ...(signal ? { signal } : {}) },
    )
    return { code: got.get('astra-error-code') ?? undefined, id: body.id ?? body.callId, text: body.output?.text }
  },
  async graphql(gateway, scenario, signal) {
    const query =
      'query ($input: ProbeV1Input!, $options: CallOptions) { models { probe { v1(input: $input, options: $options) { id output { text } } } } }'
    const variables = { input: inputOf(scenario), options: scenario.options }
    const { body } = await gateway.graphql(query, variables, signal ? { signal } : {})
    const answer = body.data?.models?.probe?.v1
    const extensions = body.errors?.[0]?.extensions
    assert.ok(answer ?? extensions, JSON.stringify(body))
    return { code: extensions?.code, id: answer?.id ?? extensions?.callId, text: answer?.output?.text }
  },
  async oip(gateway, scenario, signal) {
    const { headers = {} } = scenario
    const inputs = Object.entries(inputOf(scenario)).map(([name, value]) => ({
      name,
      datatype: 'BYTES',
      shape: [1],
      data: [value],
    }))
    const { headers: got, body } = await gateway.ask(
      'POST',
      '/v2/models/probe@v1/infer',
      { inputs },
      { headers, ...(signal ? { signal } : {}) },
    )
    return {
      code: got.get('astra-error-code') ?? undefined,
      id: got.get('astra-call-id') ?? '',
      text: body.outputs?.[0].data[0],
    }
  },
}

/**
 * What must be equal; ids, times and the door itself cannot be. Nor can the items of a bad option: it stands in a header, and is
 * refused before the body is read, while a GraphQL body holds both.
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
    reason: String(reason).replaceAll(/\d+/g, 'n').replace('Astra-Timeout', 'timeoutMs').replace('/inputs/n', '/input'),
  }
}

describe('door parity: the same through every door', () => {
  let gateway: TestGateway
  const closing: (() => Promise<unknown>)[] = []
  before(async () => {
    const upstream = await startScriptedUpstream()
    closing.push(upstream.close)
    const folder = await mkdtemp(join(tmpdir(), 'astra-parity-'))
    closing.push(() => rm(folder, { recursive: true }))
    const manifest = await readFile(new URL('./testing/scripted.yaml', import.meta.url), 'utf8')
    const config = join(folder, 'astra.yaml')
    await writeFile(config, manifest.replaceAll('[UPSTREAM]', `["${upstream.url}"]`))
    gateway = await startTestGateway({ config })
    closing.push(gateway.stop)
  })
  after(async () => {
    for (const close of closing.reverse()) await close()
  })

  for (const given of scenarios) {
    it(given.name, async () => {
      const seen: Record<string, unknown>[] = []
      // One unit for all, so that all meet one version.
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
        if (outcome && !scenario.code) assert.equal(outcome.text, 'hi')
        const record = await nextRecord(gateway, known)
        if (outcome) assert.equal(record.id, outcome.id, `${name}: the answer and the Record have one id`)
        assert.equal(record.door, name)
        assert.equal(record.outcome, scenario.outcome)
        assert.equal(record.code ?? undefined, scenario.code)
        seen.push(comparable(record))
      }
      for (const other of seen.slice(1)) assert.deepEqual(other, seen[0])
    })
  }

  it('accounts the same for every door', async () => {
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
    assert.deepEqual(byDoor('oip'), byDoor('native'))
    // The one input of each bad option, which only GraphQL has read by then.
    const unread = scenarios.filter(({ code }) => code === 'invalid_option').length
    const native = byDoor('native').map((row: { outcome: string; items: number }) =>
      row.outcome === 'refused' ? { ...row, items: row.items + unread } : row,
    )
    assert.deepEqual(native, byDoor('graphql'))
    const { body: status } = await gateway.ask('GET', '/api/v1/status')
    assert.equal(status.calls.received, status.calls.recorded + status.calls.refused)
    assert.equal(status.calls.received, scenarios.length * Object.keys(doors).length)
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
