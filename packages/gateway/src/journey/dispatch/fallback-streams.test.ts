import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import type { StreamEvent } from '../../kernel/answer.ts'
import type { AttemptSignal } from '../../kernel/attempt-signal.ts'
import type { BackendEvent, RelayEvent } from '../../kernel/backend.ts'
import { versionKey } from '../../kernel/catalog.ts'
import { AstraError, type ErrorCode } from '../../kernel/errors.ts'
import type { WireRequest } from '../../kernel/wire.ts'
import { hang, type Outcome, openBed } from './testing/dispatch-bed.ts'

const wire: WireRequest = {
  dialect: 'openai-chat',
  bytes: Buffer.from('{}'),
  body: {},
  items: 1,
  canonical: () => [{ text: 'hello' }],
}
const ids = ['1.0', '1.1', '1.2', '1.3', '1.4', '1.5']

const ends = fc.constantFrom<ErrorCode | 'answer' | 'leave'>(
  'answer',
  'leave',
  'upstream_unavailable',
  'upstream_failed',
  'upstream_stalled',
  'invalid_input',
  'unsupported',
)
const behaviour = fc.record({ preamble: fc.nat(3), chunks: fc.nat(3), end: ends })
type Behaviour = { readonly preamble: number; readonly chunks: number; readonly end: ErrorCode | 'answer' | 'leave' }
const plan = fc.record({
  versions: fc.array(fc.record({ replicas: fc.integer({ min: 1, max: 3 }), relays: fc.boolean() }), {
    minLength: 1,
    maxLength: 6,
  }),
  behaviours: fc.array(behaviour, { minLength: 1, maxLength: 12 }),
  repeatable: fc.boolean(),
  seed: fc.nat(),
})

/** One attempt as its replica saw it. */
interface Asked {
  readonly replica: string
  readonly behaviour: Behaviour
  /** What had gone out to the caller when it began. */
  readonly outBefore: number
}

it('whatever versions do, no attempt begins after content went out, and the caller reads one attempt only', async () => {
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(plan, async ({ versions, behaviours, repeatable, seed }) => {
      const leave = new AbortController()
      const asked: Asked[] = []
      let out = 0
      async function* stage(replica: string, signal: AttemptSignal): AsyncGenerator<string, void> {
        const present = behaviours[asked.length % behaviours.length] as Behaviour
        asked.push({ replica, behaviour: present, outBefore: out })
        const name = `${asked.length}:`
        for (let i = 0; i < present.preamble; i++) yield `${name}-`
        for (let i = 0; i < present.chunks; i++) yield `${name}${i}`
        if (present.end === 'answer') return
        if (present.end !== 'leave') throw new AstraError(present.end)
        setImmediate(() => leave.abort())
        await hang(signal)
      }
      const bed = openBed(
        {
          repeatable,
          versions: Object.fromEntries(
            versions.map(({ replicas, relays }, v) => [
              ids[v],
              { replicas: Array.from({ length: replicas }, (_, r) => `${ids[v]}-${r}`), settings: { relays } },
            ]),
          ),
          contract: { fallback: ids.slice(1, versions.length) },
          relay: {
            predict: async () => ({ bytes: Buffer.from(''), text: '' }),
            async *stream(_version, replica, _request, { signal }): AsyncGenerator<RelayEvent, void> {
              for await (const text of stage(replica, signal)) {
                yield { type: 'relayed', bytes: Buffer.from(`${text} `), content: !text.endsWith('-'), text }
              }
            },
          },
          async *stream(replica, signal): AsyncGenerator<BackendEvent, void> {
            for await (const text of stage(replica, signal))
              if (!text.endsWith('-')) yield { type: 'chunk', chunk: { text } }
          },
        },
        seed,
      )
      const outcome = await bed.streamed({ inputs: [], wire, signal: leave.signal }, () => void out++)
      check(outcome, asked)
      for (const id of ids)
        for (const { inFlight, address } of bed.fleet.status(versionKey('spam', 1, id)))
          assert.equal(inFlight, 0, address)
      seen.add(outcome.error?.code ?? `answer by ${outcome.attempts.at(-1)?.role}`)
      for (const { role } of outcome.attempts) seen.add(role)
    }),
    { numRuns: 1000 },
  )
  for (const what of ['answer by serve', 'answer by retry', 'answer by fallback', 'cancelled', 'unsupported', 'retry'])
    assert.ok(seen.has(what), `${what} was seen, among ${[...seen].join(', ')}`)
})

function check({ attempts, error, events, version }: Outcome, asked: readonly Asked[]) {
  for (const { outBefore } of asked) assert.equal(outBefore, 0, 'no attempt begins after content')
  const content = asked.findIndex(({ behaviour: { chunks } }) => chunks > 0)
  if (content >= 0) assert.equal(content, asked.length - 1, 'content is the end of all trying')

  const ran = asked.filter(({ behaviour: { end, chunks } }) => end !== 'unsupported' || chunks > 0)
  assert.deepEqual(
    attempts.map(({ replica }) => replica),
    ran.map(({ replica }) => replica),
    'every attempt that ran is in the Record',
  )
  assert.equal(new Set(attempts.map(({ replica }) => replica)).size, attempts.length, 'each at another replica')
  assert.ok(attempts.filter(({ version }) => version === '1.0').length <= 3)
  assert.ok(attempts.filter(({ version }) => version !== '1.0').length <= 4)
  const order = attempts.map((attempt) => attempt.version)
  assert.deepEqual(order, [...order].sort(), 'versions in the order of the chain')
  attempts.forEach(({ role, version }, i) => {
    const before = attempts[i - 1]
    if (version === before?.version) assert.equal(role, 'retry')
    else if (version === '1.0') assert.equal(role, 'serve')
    else assert.ok(role === 'fallback' || role === 'retry', role)
  })
  const mayHaveRun = attempts.some(({ code }) => code === 'upstream_failed' || code === 'upstream_stalled')
  if (mayHaveRun) assert.notEqual(error?.code, 'upstream_unavailable', 'that would say that nothing ran')

  const given = textOf(events).split(' ').filter(Boolean)
  const final = asked.length
  for (const text of given) assert.ok(text.startsWith(`${final}:`), `${text} is of attempt ${final}`)
  assert.equal(events.at(-1)?.type === 'answer-end', !error)
  if (error) return
  assert.equal(version, attempts.at(-1)?.version)
  const { chunks, preamble } = (asked.at(-1) as Asked).behaviour
  assert.equal(given.filter((text) => !text.endsWith('-')).length, chunks, 'the answer is whole')
  const relayed = events.some(({ type }) => type === 'relayed')
  if (relayed) assert.equal(given.length, chunks + preamble)
}

function textOf(events: readonly StreamEvent[]): string {
  return events
    .map((event) => {
      if (event.type === 'relayed') return event.bytes.toString()
      return event.type === 'chunk' ? `${Reflect.get(Object(event.chunk), 'text')} ` : ''
    })
    .join('')
}
