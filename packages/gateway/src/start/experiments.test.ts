import assert from 'node:assert/strict'
import { test } from 'node:test'
import { maskOf } from '../control/audit/audit-text.ts'
import { callOf, ExperimentWorld, name } from '../control/experiments/testing/experiment-world.ts'
import type { CatalogControl } from '../control/operations/ports.ts'
import type { AuditEntry } from '../kernel/audit.ts'
import { AstraError } from '../kernel/errors.ts'
import type { ExperimentRun } from '../kernel/experiment.ts'
import { parseEvery, wireExperiments } from './experiments.ts'

function open({ append = async () => {} }: { append?: () => Promise<void> } = {}) {
  const world = new ExperimentWorld()
  const entries: Omit<AuditEntry, 'id'>[] = []
  const lines: string[] = []
  const forgotten: string[] = []
  const runs: ExperimentRun[] = []
  const says = (_: object, message: string) => void lines.push(message)
  const catalogControl: Pick<CatalogControl, 'current' | 'changeExperiment'> = {
    current: () => world.catalog(),
    changeExperiment: async (_, change, __, actor) => {
      world.change(change, actor)
      return { revision: world.revision, experiment: world.experiment }
    },
  }
  const wired = wireExperiments({
    store: {
      state: world as never,
      reports: { evidence: async () => [], circuit: async () => ({}), runs: async () => runs } as never,
      async forgetExperiment(name, startedAt) {
        forgotten.push(startedAt === undefined ? name : `${name}@${startedAt}`)
        if (startedAt !== undefined) return
        throw new AstraError('store_unavailable')
      },
    },
    catalogControl,
    audit: {
      async append(entry) {
        await append()
        entries.push(entry)
      },
    },
    mask: maskOf([]),
    clock: { now: () => world.now, elapsed: () => world.now, id: () => '' },
    log: { info: says, warn: says } as never,
    everyMs: 10_000,
  })
  const settled = async () => {
    for (let i = 0; i < 20; i++) await Promise.resolve()
  }
  const fail = async () => {
    for (let call = 0; call < 10; call++) wired.note(callOf('1.1', 'upstream_failed'))
    await settled()
  }
  return { world, wired, entries, lines, forgotten, runs, fail, settled }
}

test('a decision stands in the log and in the audit log, with who made it and why', async () => {
  const { world, entries, lines, fail } = open()
  await fail()
  assert.equal(world.status, 'rolled_back')
  const [entry, ...others] = entries
  assert.equal(others.length, 0)
  assert.deepEqual(
    [entry?.keyId, entry?.operation, entry?.target, entry?.outcome],
    ['astra-experiments', 'rollBackExperiment', `/experiments/${name}`, 'done'],
  )
  assert.equal(JSON.parse(entry?.before ?? '').status, 'running')
  assert.match(JSON.parse(entry?.after ?? '').reason, /^1\.1 fails/)
  assert.equal(lines[0], 'experiment: decided')
})

test('a decision without its entry is told, and stands', async () => {
  const { world, lines, fail } = open({ append: () => Promise.reject(new AstraError('store_unavailable')) })
  await fail()
  assert.equal(world.status, 'rolled_back')
  assert.ok(lines.includes('a decision on an experiment has no entry in the audit log'))
})

test('the evidence of one that was removed goes with it, once', async () => {
  const { world, wired, forgotten, lines, settled } = open()
  wired.follow()
  assert.deepEqual(forgotten, [])
  world.state = { ...world.state, experiments: {} }
  wired.follow()
  wired.follow()
  await settled()
  assert.deepEqual(forgotten, [name])
  assert.deepEqual(lines, ['the evidence of an experiment that was removed is still there'])
})

test('what is left of another start goes at a start, but not of one that may just have begun', async () => {
  const { world, wired, runs, forgotten, settled } = open()
  const { startedAt = 0 } = world.experiment.progress
  const dayMs = 86_400_000
  world.now = startedAt + 3 * dayMs
  runs.push({ experiment: name, startedAt }, { experiment: name, startedAt: startedAt - 1 })
  runs.push({ experiment: 'gone', startedAt }, { experiment: 'new', startedAt: world.now - 1 })
  wired.begin()
  await settled()
  await wired.close()
  assert.deepEqual(forgotten, [`${name}@${startedAt - 1}`, `gone@${startedAt}`])
})

test('the interval is read like other durations, and a slip is told', () => {
  assert.deepEqual(
    [undefined, '10s', '500ms', '1m'].map((text) => parseEvery('X', text)),
    [10_000, 10_000, 500, 60_000],
  )
  for (const text of ['', '10', '0s', '99ms', '1h', '-1s', '1e3s']) {
    assert.throws(() => parseEvery('ASTRA_EXPERIMENTS_EVERY', text), {
      name: 'StartError',
      message: /ASTRA_EXPERIMENTS_EVERY/,
    })
  }
})
