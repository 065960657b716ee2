import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CaseSet, setsMax } from '../../kernel/case-set.ts'
import type { NewPlace } from '../conformance.ts'
import { start, withPlace, withStore } from './samples.ts'

const lines = ['{"input":{"text":"ä\\n"},"expected":"spam"}', '{"id":"b","input":"\\"x\\""}', '{"input":3}']

const set = (over: Partial<CaseSet> = {}): CaseSet => ({
  ...{ name: 'heldout.jsonl', digest: 'sha256:1', cases: 3, expected: 1, bytes: 90, time: start, by: 'key_1' },
  ...over,
})

export function setsConformance(newPlace: NewPlace): void {
  test('a set of cases outlives the store, and is read whole or by page', () =>
    withPlace(newPlace, async (place) => {
      const before = await place.open()
      assert.deepEqual(await before.sets.list(), [])
      await before.sets.put(set(), lines)
      await before.sets.put(set({ name: "o'neill" }), lines.slice(1))
      await before.close()
      const { sets, close } = await place.open()
      assert.deepEqual(await sets.list(), [set(), set({ name: "o'neill" })])
      assert.deepEqual(await sets.lines({ name: 'heldout.jsonl', from: 0 }), { set: set(), lines })
      assert.deepEqual((await sets.lines({ name: 'heldout.jsonl', from: 1, limit: 1 }))?.lines, lines.slice(1, 2))
      assert.deepEqual((await sets.lines({ name: 'heldout.jsonl', from: 9 }))?.lines, [])
      assert.equal(await sets.lines({ name: 'other', from: 0 }), undefined)
      await close()
    }))

  test('a set put again under its name replaces the one before, and goes when it is removed', () =>
    withStore(newPlace, async ({ sets }) => {
      await sets.put(set(), lines)
      await sets.put(set({ digest: 'sha256:2', cases: 1 }), lines.slice(2))
      assert.deepEqual(await sets.list(), [set({ digest: 'sha256:2', cases: 1 })])
      assert.deepEqual([await sets.remove('heldout.jsonl'), await sets.remove('heldout.jsonl')], [true, false])
      assert.deepEqual(await sets.list(), [])
    }))

  test('one set too many is a conflict, and replacing one is none', () =>
    withStore(newPlace, async ({ sets }) => {
      for (let n = 0; n < setsMax; n += 1) await sets.put(set({ name: `s${n}` }), lines)
      await assert.rejects(sets.put(set(), lines), { code: 'conflict' })
      await sets.put(set({ name: 's7', digest: 'sha256:2' }), lines)
      assert.equal((await sets.list()).length, setsMax)
    }))

  test('results of gates are found by their keys after a restart, with how often each was missed', () =>
    withPlace(newPlace, async (place) => {
      const before = await place.open()
      const pass = (n: number) => ({ key: `k${n}`, time: start + n, passed: true, words: `accuracy 9${n} %` })
      await before.sets.saveGateResult({ ...pass(1), passed: false })
      await before.sets.saveGateResult({ ...pass(1), passed: false })
      await before.sets.saveGateResult({ ...pass(1), words: 'again' })
      await before.sets.saveGateResult({ ...pass(2), passed: false })
      await before.close()
      const { sets, close } = await place.open()
      assert.deepEqual(await sets.gateResults(['k2', 'k1', 'k3']), [
        { ...pass(2), passed: false, misses: 1 },
        { ...pass(1), words: 'again', misses: 2 },
      ])
      assert.deepEqual(await sets.gateResults([]), [])
      await close()
    }))
}
