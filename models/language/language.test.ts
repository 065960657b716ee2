import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { model as smaller } from './1.0/model.ts'
import { model as larger } from './1.1/model.ts'
import { heldOutSentences } from './held-out.ts'

const sentences = heldOutSentences()

test('the two versions live side by side, each with a database of its own', async () => {
  const scores = async (model: typeof smaller) => Promise.all(sentences.map(({ text }) => model.predict({ text })))
  const before = await scores(smaller)
  assert.notDeepEqual(await scores(larger), before)
  assert.deepEqual(await scores(smaller), before)
})

for (const [version, model] of Object.entries({ '1.0': smaller, '1.1': larger })) {
  test(`language ${version} gives a code and a score between 0 and 1`, async () => {
    for (const { text } of sentences) {
      const { label, score } = await model.predict({ text })
      assert.match(String(label), /^[a-z]{2}$/)
      assert.ok(typeof score === 'number' && score > 0 && score < 1)
    }
  })

  test(`language ${version} calls a text without words undetermined`, async () => {
    for (const text of ['', ' ', '12345', '!?'])
      assert.deepEqual(await model.predict({ text }), { label: 'und', score: 0 })
  })

  test(`language ${version} states the installed package and its version`, () => {
    const { version: installed }: { version: string } = JSON.parse(
      readFileSync(new URL('../../node_modules/eld/package.json', import.meta.url), 'utf8'),
    )
    assert.equal(model.identity, `eld@${installed}`)
  })
}

test('the sentences are five in each of twelve languages, none twice', () => {
  const counts = Object.groupBy(sentences, ({ label }) => label)
  assert.equal(Object.keys(counts).length, 12)
  assert.ok(Object.values(counts).every((group) => group?.length === 5))
  assert.equal(new Set(sentences.map(({ text }) => text)).size, sentences.length)
})
