import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limitNotes } from './limit-notes.ts'
import { applied } from './testing/planning.ts'

const notesOf = async (yaml: string) => limitNotes((await applied(yaml)).state)
const chat = (limits = '', version = '', model = '') =>
  `models: {m: {owner: me${model}, contracts: {v1: {task: chat${limits}, versions: {"1": {backend: echo${version}}}}}}}\n`
const advice = 'a call that does not ask for fewer never fits; raise "burst" or lower "outputTokens"'
const tight = (owner: string) => `limits of ${owner}: 99 tokens at once, and m@v1 may answer with 100: ${advice}`

test('limits that every call fits are not noted', async () => {
  assert.deepEqual(await notesOf(chat()), [])
  assert.deepEqual(await notesOf(`${chat()}teams: {a: {limits: {requests: 1/minute, concurrent: 1}}}`), [])
  const fits = '{limits: {tokens: 100/minute, budget: {day: 1}}}'
  assert.deepEqual(await notesOf(`${chat(', limits: {outputTokens: 100}')}teams: {a: ${fits}}`), [])
})

test('a burst that is smaller than what one answer reserves', async () => {
  const limits = ', limits: {tokens: {rate: 5000/hour, burst: 99}}'
  const yaml = chat(', limits: {outputTokens: 100}', limits, limits)
  const owned = `${yaml}teams: {a: {${limits.slice(2)}}}\nconsumers: {b: {${limits.slice(2)}}}`
  assert.deepEqual(await notesOf(owned), ['team a', 'consumer b', 'model m', 'version m@v1 1'].map(tight))
})

test('a budget of a day that is more than the month may have', async () => {
  const teams = 'teams: {a: {limits: {budget: {day: 500, month: 300}}}, b: {limits: {budget: {day: 30, month: 30}}}}'
  assert.deepEqual(await notesOf(`${chat(', limits: {outputTokens: 100}')}${teams}`), [
    "limits of team a: a budget of USD 500 a day and 300 a month: the day's never counts",
  ])
})

test('contracts whose reservations are guessed, where anything counts them', async () => {
  const note = 'm@v1: without "limits.outputTokens" a guess is reserved of tokens and budgets'
  for (const limits of ['tokens: 9/hour', 'budget: {month: 5}']) {
    assert.deepEqual(await notesOf(`${chat()}consumers: {b: {limits: {${limits}}}}`), [note])
  }
})

test('says twenty at most', async () => {
  const teams = Array.from({ length: 23 }, (_, i) => `t${i}: {limits: {tokens: 99/hour}}`).join(', ')
  const notes = await notesOf(`${chat(', limits: {outputTokens: 100}')}teams: {${teams}}`)
  assert.deepEqual([notes.length, notes.at(-1)], [21, '3 more notes on limits'])
})
