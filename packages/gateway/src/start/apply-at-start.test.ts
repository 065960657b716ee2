import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { maskOf } from '../control/audit/audit-text.ts'
import { createCatalogControl } from '../control/catalog/catalog-control.ts'
import { createGateKeeper } from '../control/gates/gate-keeper.ts'
import { expand, fakeBackends } from '../control/plan/testing/planning.ts'
import { createCaseSets } from '../control/sets/case-sets.ts'
import { memorySets } from '../control/sets/testing/memory-sets.ts'
import type { AuditEntry } from '../kernel/audit.ts'
import { systemClock } from '../kernel/clock.ts'
import { AstraError } from '../kernel/errors.ts'
import type { Store } from '../kernel/store.ts'
import { applyAtStart } from './apply-at-start.ts'
import { auditStart } from './audit-start.ts'

test('a manifest that is applied at start tells its notes and leaves an entry in the audit log, once', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'apply-'))
  context.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'astra.yaml')
  await writeFile(
    file,
    `models: {m: {owner: me, contracts: {v1: {task: regression, versions: {"1": {backend: echo}}}}}}
prices: {vendor/unused: [{from: 2026-01-01, input: 1, output: 1}]}`,
  )
  const settings = new Map<string, string>()
  const state = {
    catalog: async () => undefined,
    saveCatalog: async () => {},
    setting: async (name: string) => settings.get(name),
    saveSetting: async (name: string, value: string) => void settings.set(name, value),
  } as unknown as Store['state']
  const control = await createCatalogControl({
    store: state,
    backends: fakeBackends(),
    names: { expand, known: () => [] },
    clock: systemClock,
    describe: () => ({ openapi: '', sdl: '' }),
    log: () => {},
  })
  const notes: string[] = []
  const entries: Omit<AuditEntry, 'id'>[] = []
  const audit = auditStart({ append: async (entry) => void entries.push(entry) }, { now: () => 7 }, maskOf([]))
  const start = () => applyAtStart(control, { state } as Store, file, (note) => notes.push(note), audit)
  assert.deepEqual([await start(), await start()], [1, undefined])
  const [entry] = entries
  assert.deepEqual(
    [entries.length, entry?.operation, entry?.keyId, entry?.target, entry?.before],
    [1, 'applyManifest', 'start', '/manifest', '{"revision":0}'],
  )
  const { revision, changes } = JSON.parse(entry?.after ?? '')
  assert.deepEqual([revision, changes.length > 0], [1, true])
  assert.deepEqual(notes, ['prices.vendor/unused: no version has this upstream model'])
})

const gated = (versions: string) => `models:
  m:
    owner: me
    contracts:
      v1:
        task: regression
        versions: {${versions}}
        gates: [{data: ./cases/heldout.jsonl, require: {accuracy: {min: 0.95}}}]
`

/** A gateway whose gates are passed by version "1" alone. */
async function gateway(folder: string) {
  const store = memorySets()
  const settings = new Map<string, string>()
  const state = {
    catalog: async () => undefined,
    saveCatalog: async () => {},
    setting: async (name: string) => settings.get(name),
    saveSetting: async (name: string, value: string) => void settings.set(name, value),
  } as unknown as Store['state']
  const sets = createCaseSets({ store, clock: systemClock, catalog: () => control.current() })
  const { standing } = createGateKeeper({
    ...{ sets, store, clock: systemClock, log: () => {}, evaluations: { save: async () => {} } },
    evaluate: () => Promise.reject(new Error('not run here')),
  })
  const control = await createCatalogControl({
    store: state,
    backends: fakeBackends(),
    names: { expand, known: () => [] },
    clock: systemClock,
    describe: () => ({ openapi: '', sdl: '' }),
    log: () => {},
    sets,
    gates: {
      standing,
      async pass(runs, { faultAt, signal }) {
        for (const { version, key } of runs) {
          if (version === 'hangs') await leftBy(signal, hangs)
          const place = ['models', 'm', 'contracts', 'v1', 'gates', '0']
          const violations = [faultAt(place, `${version} did not pass`)]
          if (version !== '1') throw new AstraError('gate_failed', { violations })
          await store.saveGateResult({ key, time: 7, passed: true, words: '' })
        }
      },
    },
  })
  const entries: Omit<AuditEntry, 'id'>[] = []
  const audit = auditStart({ append: async (entry) => void entries.push(entry) }, { now: () => 7 }, maskOf([]))
  const told: string[] = []
  const file = join(folder, 'astra.yaml')
  let hangs = () => {}
  const start = async (yaml: string, leaving: { signal?: AbortSignal; hangs?: () => void } = {}) => {
    await writeFile(file, yaml)
    hangs = leaving.hangs ?? hangs
    const gates = { sets, refused: (text: string) => void told.push(text), signal: leaving.signal }
    return await applyAtStart(control, { state } as Store, file, () => {}, audit, gates)
  }
  return { control, sets, entries, told, file, start }
}

/** Rejects when whoever waits leaves; without a signal it would never end. */
async function leftBy(signal: AbortSignal | undefined, hangs: () => void): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  if (!signal) assert.fail('nobody can end it')
  signal.addEventListener('abort', () => reject(new AstraError('cancelled')))
  hangs()
  return await promise
}

async function folderWith(context: TestContext, cases: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'apply-'))
  context.after(() => rm(folder, { recursive: true }))
  await mkdir(join(folder, 'cases'))
  await writeFile(join(folder, 'cases', 'heldout.jsonl'), cases)
  return folder
}

test('the cases of gates are kept at start, from beside the manifest, and audited', async (context) => {
  const { sets, entries, start } = await gateway(await folderWith(context, '{"input":1,"expected":1}\n'))
  assert.equal(await start(gated('"1": {}')), 1)
  assert.deepEqual(
    (await sets.list()).map(({ name, cases }) => [name, cases]),
    [['cases/heldout.jsonl', 1]],
  )
  await start(`${gated('"1": {}')}consumers: {other: {}}`)
  assert.deepEqual(
    entries.map(({ operation, target }) => `${operation} ${target}`),
    ['putCaseSet /sets/cases/heldout.jsonl', 'applyManifest /manifest', 'applyManifest /manifest'],
  )
})

test('a gate that fails leaves what was served, and says so at each start; where nothing was, it ends the start', async (context) => {
  const { control, told, file, start } = await gateway(await folderWith(context, '{"input":1,"expected":1}\n'))
  await assert.rejects(start(gated('"2": {}')), { name: 'StartError', message: /astra\.yaml:8: .*2 did not pass/ })
  await start(gated('"1": {}'))
  for (const times of [1, 2]) {
    assert.equal(await start(gated('"1": {}, "2": {}')), undefined)
    assert.equal(told.length, times)
  }
  assert.match(told[0] ?? '', /^The manifest was not applied \(gate_failed\):\n/)
  assert.ok(told[0]?.includes(`${file}:8: models.m.contracts.v1.gates.0: 2 did not pass`))
  assert.equal(control.current().revision, 1)
})

test('a start that is given up ends its gates at once, and nothing is applied', async (context) => {
  const { control, told, start } = await gateway(await folderWith(context, '{"input":1,"expected":1}\n'))
  await start(gated('"1": {}'))
  const giveUp = new AbortController()
  const starting = start(gated('"1": {}, "hangs": {}'), { signal: giveUp.signal, hangs: () => giveUp.abort() })
  await assert.rejects(starting, { name: 'StartError', message: /^The start was given up/ })
  assert.deepEqual([control.current().revision, told], [1, []])
})

test('a line that is no case ends the start, named by file and number and not by what it says', async (context) => {
  const folder = await folderWith(context, '{"input":1}\nroot:secret\n')
  const { start } = await gateway(folder)
  await assert.rejects(start(gated('"1": {}')), ({ name, message }) => {
    assert.equal(name, 'StartError')
    assert.ok(message.includes(`${join(folder, 'cases', 'heldout.jsonl')}:2: is no JSON object`))
    assert.equal(message.includes('secret'), false)
    return true
  })
})

test('a file that is missing is named at its line in the manifest', async (context) => {
  const folder = await folderWith(context, '{"input":1}')
  await rm(join(folder, 'cases'), { recursive: true })
  const { start } = await gateway(folder)
  await assert.rejects(start(gated('"1": {}')), {
    message: /astra\.yaml:8: .*neither a file beside the manifest nor a set/,
  })
})
