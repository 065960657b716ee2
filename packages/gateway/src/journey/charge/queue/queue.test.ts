import assert from 'node:assert/strict'
import { it, mock } from 'node:test'
import fc from 'fast-check'
import { toAstraError } from '../../../kernel/errors.ts'
import { type ChargedCall, createInFlight } from '../in-flight.ts'
import { fittedCall, priorities, queueCatalog } from './testing/queue-bed.ts'

const consumers = priorities.flatMap((priority) => [`${priority}-0`, `${priority}-1`])
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('call' as const),
      consumer: fc.constantFrom(...consumers),
      version: fc.constantFrom('1.0', '1.1'),
      timeoutMs: fc.integer({ min: 1, max: 50 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('release' as const), at: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), at: fc.nat(50) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 20 }) }) },
)
const settle = () => new Promise<void>((resolve) => setImmediate(resolve))

it('whatever happens, no more are in flight than may be, no more wait than may, and each call has one end', async () => {
  mock.timers.enable({ apis: ['setTimeout'] })
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 3 }), fc.nat(4), run),
      { numRuns: 200 },
    )
  } finally {
    mock.timers.reset()
  }
})

async function run(
  steps: readonly (typeof step extends fc.Arbitrary<infer Step> ? Step : never)[],
  max: number,
  queueMax: number,
) {
  let now = 0
  const catalog = queueCatalog({ inFlightMax: max, queueMax })
  const places = createInFlight({ elapsed: () => now })
  const held: ChargedCall[] = []
  const callers: AbortController[] = []
  const ends: string[][] = []
  const check = async () => {
    await settle()
    for (const id of ['1.0', '1.1']) assert.ok(held.filter(({ version }) => version.id === id).length <= max)
    assert.ok((places.waiting().get('spam') ?? 0) <= 2 * queueMax)
  }
  for (const one of steps) {
    if (one.do === 'call') {
      const { consumer, version, timeoutMs } = one
      const caller = new AbortController()
      callers.push(caller)
      const end: string[] = []
      ends.push(end)
      const fitted = fittedCall(catalog, consumer, { signal: caller.signal, options: { version, timeoutMs } })
      const placed = (charged: ChargedCall) => {
        end.push('placed')
        held.push(charged)
      }
      const failed = (thrown: unknown) => void end.push(toAstraError(thrown).code)
      try {
        const place = places.place(fitted)
        if (place instanceof Promise) place.then(placed, failed)
        else placed(place)
      } catch (thrown) {
        failed(thrown)
      }
    }
    if (one.do === 'release' && held.length > 0) held.splice(one.at % held.length, 1)[0]?.release()
    if (one.do === 'leave' && callers.length > 0) callers[one.at % callers.length]?.abort()
    if (one.do === 'pass') {
      now += one.ms
      mock.timers.tick(one.ms)
    }
    await check()
  }
  // All places come back: nobody waits any longer, and none is lost.
  while (held.length > 0) {
    held.pop()?.release()
    await check()
  }
  const allowed = ['placed', 'overloaded', 'timeout', 'cancelled']
  for (const end of ends) assert.ok(end.length === 1 && allowed.includes(end[0] ?? ''), JSON.stringify(end))
  assert.equal(places.waiting().size, 0)
  for (let n = 0; n < max; n++) assert.ok(!(places.place(fittedCall(catalog)) instanceof Promise))
}
