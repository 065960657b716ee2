import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DriftPolicy } from '../../../kernel/contract-policies.ts'
import { addSketch, type DriftPart, type DriftQuery, type DriftStore, rowsOf } from '../../../kernel/drift.ts'
import { AstraError } from '../../../kernel/errors.ts'
import type { Observation, Said } from '../../../kernel/observation.ts'
import type { CallRecord } from '../../../kernel/record.ts'
import { type TaskName, taskTable } from '../../../kernel/tasks.ts'
import { sampleCall } from '../../../stores/conformance/samples.ts'
import { testCall, testCaller, testCatalog } from '../../testing/fixtures.ts'
import { Drift } from './drift.ts'

/** A store in memory, and what it was given. */
function fakeStore() {
  const parts: DriftPart[] = []
  const state: { fault: Error | undefined; asked: DriftQuery[]; hold: Promise<void> | undefined } = {
    fault: undefined,
    asked: [],
    hold: undefined,
  }
  const store: DriftStore = {
    async add(added) {
      if (state.fault) throw state.fault
      await state.hold
      parts.push(...structuredClone(added))
    },
    async sums(query) {
      state.asked.push(query)
      if (state.fault) throw state.fault
      const sums = new Map<string, DriftPart>()
      for (const part of structuredClone(parts)) {
        if (query.first !== undefined && part.first !== query.first) continue
        const key = `${part.version} ${part.feature}`
        const known = sums.get(key)
        if (known) addSketch(known.sketch, part.sketch)
        else sums.set(key, part)
      }
      return [...sums.values()]
    },
    forget: async () => undefined,
  }
  /** Values by "version first feature". */
  const counted = () => {
    const counts: Record<string, number> = {}
    for (const { version, first, feature, sketch } of parts) {
      const key = `${version} ${first ? 'first' : 'later'} ${feature}`
      counts[key] = (counts[key] ?? 0) + rowsOf(sketch)
    }
    return counts
  }
  return { store, parts, state, counted }
}

const usualPolicy: DriftPolicy = { windowMs: 1, first: 100 }

/** Observations of one contract, which has one field each way unless it has another task. */
function contractWith(policy: DriftPolicy = usualPolicy, task: TaskName = 'classification') {
  const table = taskTable[task]
  const revision = { input: table.input ?? {}, output: table.output({ labels: ['ham', 'spam'] }) ?? {} }
  const catalog = testCatalog({ '1.0': 1 }, { contract: { task, drift: policy, revisions: [revision] } })
  const contract = catalog.model('spam')?.contracts.get(1) ?? assert.fail()
  const version = contract.versions.get('1.0') ?? assert.fail()
  return (
    over: { id?: string; inputs?: readonly unknown[]; said?: Said; record?: Partial<CallRecord> } = {},
  ): Observation => ({
    call: testCall({ id: over.id ?? 'call', inputs: over.inputs ?? [{ text: 'hello' }] }),
    caller: testCaller(),
    ...{ contract, version, way: 'inputs' },
    said: over.said ?? { form: 'items', items: [{ output: { label: 'ham', score: 0.5 } }] },
    record: sampleCall(1, { versionServed: '1.0', ...over.record }),
  })
}

const turn = () => new Promise((resolve) => setImmediate(resolve))
const noFault = (thrown: unknown) => assert.fail(String(thrown))
const text = 'input/text length'
const label = 'output/label category'

async function watch(seen: readonly Observation[], world = fakeStore()) {
  const drift = new Drift(world.store, noFault)
  for (const one of seen) drift.observed(one)
  await turn()
  await drift.flush()
  return { ...world, drift }
}

describe('drift', () => {
  it('counts every feature of what was asked and answered, by version and hour', async () => {
    const see = contractWith({ ...usualPolicy, reference: { from: '2026-01-01', to: '2026-01-02' } })
    const { parts, drift } = await watch([
      see({ record: { time: 7_200_000 } }),
      see({ record: { time: 7_300_000, versionServed: '1.1' }, inputs: [{ text: 'longer text' }] }),
    ])
    assert.deepEqual(
      parts.map(({ version, hour, first, feature }) => `${version} ${hour} ${first} ${feature}`),
      [
        ...[
          '1.0 2 false input/text length',
          '1.0 2 false output/label category',
          '1.0 2 false output/score probability',
        ],
        ...[
          '1.1 2 false input/text length',
          '1.1 2 false output/label category',
          '1.1 2 false output/score probability',
        ],
      ],
    )
    const [length, kind] = parts.map(({ sketch }) => sketch)
    assert.deepEqual(length?.kind === 'numbers' && [length.count, length.mean], [1, 5])
    assert.deepEqual(kind?.kind === 'categories' && [kind.names, kind.counts], [['ham'], [1]])
    assert.deepEqual([...drift.touched()], ['spam@v1'])
    assert.deepEqual([...drift.touched()], [])
  })

  it("takes a version's first values apart, exactly so many, over restarts", async () => {
    const see = contractWith()
    const world = fakeStore()
    await watch(
      Array.from({ length: 60 }, () => see()),
      world,
    )
    const { counted } = await watch(
      Array.from({ length: 60 }, () => see()),
      world,
    )
    assert.deepEqual([counted()[`1.0 first ${text}`], counted()[`1.0 later ${text}`]], [100, 20])
  })

  it('takes the first values of a feature that is declared later when they come', async () => {
    const world = fakeStore()
    await watch(
      Array.from({ length: 120 }, () => contractWith()()),
      world,
    )
    const characters = { of: 'input', at: '/text', as: 'length' } as const
    const features = { characters, again: characters, score: { of: 'output', at: '', as: 'length' } as const }
    const { counted } = await watch(
      Array.from({ length: 30 }, () => contractWith({ ...usualPolicy, features })()),
      world,
    )
    assert.deepEqual(counted()[`1.0 first ${text}`], 100, 'the same under another name')
    assert.deepEqual(counted()[`1.0 later ${text}`], 50)
    assert.deepEqual(counted()['1.0 first output length'], 30)
  })

  it('counts what waits for the store once that is there, and asks it again after a fault', async () => {
    const see = contractWith()
    const world = fakeStore()
    world.state.fault = new AstraError('store_unavailable')
    const drift = new Drift(world.store, noFault)
    drift.observed(see())
    await turn()
    world.state.fault = undefined
    drift.observed(see())
    await turn()
    drift.observed(see())
    await drift.flush()
    assert.equal(world.counted()[`1.0 first ${text}`], 3)
    assert.equal(world.state.asked.length, 2)
  })

  it("counts one item of a list, whichever the call's id says, and of one that failed the input alone", async () => {
    const see = contractWith()
    const failed = { error: new AstraError('upstream_failed') }
    const inputs = [{ text: 'a' }, { text: 'bb' }, { text: 'ccc' }]
    const labels = (...names: string[]) => names.map((label) => ({ output: { label, score: 1 } }))
    const batch = (id: string) => {
      const [first, ...rest] = labels('A', 'B')
      return see({ id, inputs, said: { form: 'items', items: [first ?? failed, failed, ...rest] } })
    }
    const { parts, counted } = await watch(Array.from({ length: 90 }, (_, n) => batch(`call-${n}`)))
    assert.equal(counted()[`1.0 first ${text}`], 90)
    const [lengths, kinds] = parts.map(({ sketch }) => sketch)
    assert.ok(lengths?.kind === 'numbers' && kinds?.kind === 'categories')
    const [ofA = 0, ofB = 0] = ['A', 'B'].map((name) => kinds.counts[kinds.names.indexOf(name)])
    assert.ok(ofA > 15 && ofB > 15 && 90 - ofA - ofB > 15, `${ofA} ${ofB}`)
    const length = Math.round(lengths.mean * 90)
    assert.equal(length, ofA + 2 * (90 - ofA - ofB) + 3 * ofB, 'input and output of the same item')
    const again = await watch(Array.from({ length: 90 }, () => batch('the same')))
    const [{ sketch } = assert.fail()] = again.parts
    assert.ok(sketch.kind === 'numbers' && sketch.min === sketch.max)
  })

  it('fills the first values with those that are there, over restarts', async () => {
    const features = { parts: { of: 'input', at: '/parts', as: 'number' } } as const
    const see = contractWith({ ...usualPolicy, first: 20, features })
    const calls = (count: number) =>
      Array.from({ length: count }, (_, n) => see({ inputs: [n % 4 ? {} : { parts: n }] }))
    const world = fakeStore()
    await watch(calls(40), world)
    const { parts, counted } = await watch(calls(48), world)
    assert.deepEqual(counted(), { '1.0 first input/parts number': 77, '1.0 later input/parts number': 11 })
    const values = parts.map(({ first, sketch }) => [first, sketch.kind === 'numbers' && sketch.count])
    assert.deepEqual(values, [[true, 10], [true, 10], [false, 2]]) // biome-ignore format: pairs
  })

  it('counts one side of a call where the other cannot be read, and says why', async () => {
    const see = contractWith()
    const { counted, drift } = await watch([
      see({ said: { form: 'text', text: 'ham' } }),
      see({ said: { form: 'none', why: 'too-large' } }),
      see({ inputs: [{ text: 'x'.repeat(300_000) }] }),
    ])
    assert.deepEqual(counted(), {
      [`1.0 first ${text}`]: 2,
      [`1.0 first ${label}`]: 1,
      '1.0 first output/score probability': 1,
    })
    assert.deepEqual(drift.reports.drops(), [
      { model: 'spam', major: 1, reason: 'form', calls: 1 },
      { model: 'spam', major: 1, reason: 'too-large', calls: 2 },
    ])
  })

  it('reads what a stream of a chat said as its whole answer', async () => {
    const see = contractWith(usualPolicy, 'chat')
    const messages = [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }]
    const { parts } = await watch([
      see({ inputs: [{ messages }], said: { form: 'text', text: 'hello' }, record: { finish: 'length' } }),
    ])
    const told = parts.map(({ feature, sketch }) => [feature, sketch.kind === 'numbers' ? sketch.mean : sketch.names])
    assert.deepEqual(told, [
      ['input.messages', 1],
      ['input.characters', 2],
      ['input.lastUser', 2],
      ['output.characters', 5],
      ['output.finish', ['length']],
    ])
  })

  it('wants calls of contracts that declare it, but for pinned ones', () => {
    const drift = new Drift(fakeStore().store, noFault)
    const seen = contractWith()()
    assert.equal(drift.concerns(seen), true)
    assert.equal(drift.concerns({ ...seen, call: testCall({ options: { version: '1.0' } }) }), false)
    assert.equal(drift.concerns({ ...seen, contract: { ...seen.contract, drift: undefined } }), false)
    drift.missed(seen)
    assert.deepEqual(drift.reports.drops(), [{ model: 'spam', major: 1, reason: 'full', calls: 1 }])
  })

  it('keeps what the store does not take for the next time, and loses nothing that came meanwhile', async () => {
    const see = contractWith()
    const { state, counted, drift } = await watch([see()])
    state.fault = new AstraError('store_unavailable')
    drift.observed(see())
    const flushed = drift.flush()
    drift.observed(see())
    await assert.rejects(flushed, { code: 'store_unavailable' })
    await assert.rejects(drift.reports.sums({ model: 'spam', major: 1, from: 0, to: 1 }), { code: 'store_unavailable' })
    state.fault = undefined
    await drift.flush()
    assert.equal(counted()[`1.0 first ${text}`], 3)
  })

  it('tells sums with all that was counted before, though somebody else is writing it', async () => {
    const see = contractWith()
    const { state, drift } = await watch([])
    drift.observed(see())
    await turn()
    const held = Promise.withResolvers<void>()
    state.hold = held.promise
    const query = { model: 'spam', major: 1, from: 0, to: 1 }
    const asked = [drift.reports.sums(query), drift.reports.sums(query), drift.reports.sums(query)]
    await turn()
    held.resolve()
    assert.deepEqual(
      (await Promise.all(asked)).map((sums) => sums.length),
      [3, 3, 3],
    )
  })

  it('drops and counts what is beyond the sketches that it holds', async () => {
    const see = contractWith({ ...usualPolicy, reference: { from: '2026-01-01', to: '2026-01-02' } })
    const hours = Array.from({ length: 1400 }, (_, hour) => see({ record: { time: hour * 3_600_000 } }))
    const { parts, drift } = await watch(hours)
    assert.equal(parts.length, 4096)
    const [drop] = drift.reports.drops()
    assert.deepEqual([drop?.reason, drop?.calls], ['full', 1400 - 1365])
  })
})
