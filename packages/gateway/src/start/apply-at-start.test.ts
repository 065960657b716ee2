import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createCatalogControl } from '../control/catalog/catalog-control.ts'
import { expand, fakeBackends } from '../control/plan/testing/planning.ts'
import { systemClock } from '../kernel/clock.ts'
import type { Store } from '../kernel/store.ts'
import { applyAtStart } from './apply-at-start.ts'

test('a manifest that is applied at start tells its notes, once', async (context) => {
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
  const start = () => applyAtStart(control, { state } as Store, file, (note) => notes.push(note))
  assert.deepEqual([await start(), await start()], [1, undefined])
  assert.deepEqual(notes, ['prices.vendor/unused: no version has this upstream model'])
})
