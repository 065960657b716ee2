import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AstraError } from '../../kernel/errors.ts'
import { Secret } from '../../kernel/secret.ts'
import { scrub } from './scrub.ts'

const key = 'sk-proj-9aZ/7+Qx=Kj3mPq8'
const secrets = [new Secret(key)]

function scrubbed(text: string, held = secrets): string {
  const error = scrub(new AstraError('upstream_failed', { reason: text, detail: text }), held)
  assert.ok(error instanceof AstraError)
  assert.equal(error.facts.detail, error.facts.reason)
  return error.facts.reason ?? ''
}

const base64 = (text: string) => Buffer.from(text).toString('base64')

const quoted: readonly (readonly [what: string, text: string, told: string])[] = [
  ['whole', `Incorrect key: ${key}.`, 'Incorrect key: ***.'],
  ['twice in a row', `${key}${key}`, '******'],
  ['twice', `${key} ${key}`, '*** ***'],
  ['cut at its end', `(${'x'.repeat(9)}${key.slice(0, 17)}) more`, '(xxxxxxxxx***) more'],
  ['cut at its beginning', `…${key.slice(5)}`, '…***'],
  ['a piece of its middle', `ends with ${key.slice(4, 14)}`, 'ends with ***'],
  ['in a URL', `https://x.example/?key=${encodeURIComponent(key)}&y`, 'https://x.example/?key=***&y'],
]

for (const [what, text, told] of quoted)
  test(`a key that is quoted ${what} is masked`, () => assert.equal(scrubbed(text), told))

test('property: however it is quoted, less than 8 characters in a row are told', () => {
  const text = fc.string({ maxLength: 30 })
  const forms = fc.constantFrom(
    (word: string) => word,
    encodeURIComponent,
    base64,
    (word: string) => base64(`:${word}`),
    (word: string) => base64(`ab${word}cd`),
    (word: string) => Buffer.from(`x${word}`).toString('base64url'),
  )
  fc.assert(
    fc.property(text, forms, text, fc.nat(40), (before, form, after, cut) => {
      const whole = form(key)
      const clean = scrubbed(before + whole.slice(0, Math.max(8, whole.length - cut)) + after)
      for (let at = 0; at + 8 <= key.length; at++) assert.ok(!clean.includes(key.slice(at, at + 8)))
      // The ends of base64 are not the key's alone.
      const inner = whole.slice(4, -4)
      for (let at = 0; at + 8 <= inner.length; at++) assert.ok(!clean.includes(inner.slice(at, at + 8)), clean)
    }),
  )
})

test('other words stay, and an error without the key is the same error', () => {
  const error = new AstraError('upstream_failed', { reason: 'sk-proj is how keys begin', cause: new Error('x') })
  assert.equal(scrub(error, secrets), error)
  assert.equal(scrubbed('secret short', [new Secret('short')]), 'secret ***')
})

test('the cause goes with the words', () => {
  const error = scrub(new AstraError('upstream_failed', { reason: key, cause: new Error(key) }), secrets)
  assert.ok(error instanceof AstraError)
  assert.equal(error.facts.cause, undefined)
})
