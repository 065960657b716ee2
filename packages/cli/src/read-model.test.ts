import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readModel } from './read-model.ts'

test('a major stands behind the model, in --major, in both alike, or nowhere', () => {
  assert.deepEqual(readModel('chat', undefined), { name: 'chat' })
  for (const [text, major] of [
    ['chat@v2', undefined],
    ['chat@2', undefined],
    ['chat', 'v2'],
    ['chat', '2'],
    ['chat@v2', '2'],
  ] as const)
    assert.deepEqual(readModel(text, major), { name: 'chat', asked: 'v2' })
})

test('2 for what is no major, and for two of them', () => {
  for (const [text, major, message] of [
    ['chat@1.0', undefined, /"1\.0" is no major/],
    ['chat@', undefined, /"" is no major/],
    ['chat', 'v0', /"v0" is no major/],
    ['chat@v1', 'v2', /chat@v1 with --major v2 names two majors/],
    ['chat@v1@v2', undefined, /chat@v1@v2 names two majors/],
  ] as const)
    assert.throws(() => readModel(text, major), { exitCode: 2, message })
})
