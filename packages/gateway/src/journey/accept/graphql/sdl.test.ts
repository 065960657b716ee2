import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildSchema, validateSchema } from 'graphql'
import { sdlOf } from './sdl.ts'
import { fakeCatalog, text } from './testing/fake-catalog.ts'

test('the SDL does not depend on the order of models, and a model adds only its own lines', () => {
  const one = sdlOf(fakeCatalog({ spam: { 1: text }, digits: { 1: text } }), [])
  assert.equal(sdlOf(fakeCatalog({ digits: { 1: text }, spam: { 1: text } }), []), one)
  assert.deepEqual(validateSchema(buildSchema(one)), [])
  const before = new Set(sdlOf(fakeCatalog({ digits: { 1: text } }), []).split('\n'))
  const added = one.split('\n').filter((line) => !before.has(line) && line.trim() !== '')
  for (const line of added) assert.match(line, /[Ss]pam/)
})
