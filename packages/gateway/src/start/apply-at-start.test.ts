import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { maskOf } from '../control/audit/audit-text.ts'
import { createCatalogControl } from '../control/catalog/catalog-control.ts'
import { expand, fakeBackends } from '../control/plan/testing/planning.ts'
import type { AuditEntry } from '../kernel/audit.ts'
import { systemClock } from '../kernel/clock.ts'
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
