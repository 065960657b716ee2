import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { heldOutDigits } from './digits/held-out.ts'
import { classify, digitsInput, evaluate, formatTable, openSession, spamInput, type ToInput } from './evaluate.ts'
import { heldOutMail } from './spam/held-out.ts'

const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8')
const mails = [...heldOutMail()]
const images = [...heldOutDigits()]
const versions = ['1.0', '1.1']

test('README.md holds the table that evaluate.ts prints', async () => {
  const table = formatTable(await evaluate())
  assert.ok(readme.includes(`\n${table}\n`), `README.md should hold\n${table}`)
})

test('the held-out mails are those that training held out', () => {
  const hash = createHash('sha256')
  for (const { id, label, text } of mails) hash.update(`${id}\0${label}\0${text}\0`)
  assert.ok(readme.includes(hash.digest('hex')), 'README.md should hold the digest that train.py prints')
  assert.equal(new Set(mails.map(({ id }) => id)).size, mails.length)
  assert.deepEqual([...new Set(mails.map(({ label }) => label))].sort(), ['ham', 'spam'])
})

test('no held-out mail still has its headers', () => {
  const header = /^(Return-Path|Received|Delivered-To|Message-Id|Subject): /i
  assert.deepEqual(
    mails.filter(({ text }) => header.test(text)).map(({ id }) => id),
    [],
  )
})

const outputs = [
  { name: 'label', type: 'string', shape: ['batch'] },
  { name: 'score', type: 'float32', shape: ['batch'] },
]
const signatures = [
  { model: 'spam', inputs: [{ name: 'text', type: 'string', shape: ['batch'] }] },
  { model: 'digits', inputs: [{ name: 'pixels', type: 'float32', shape: ['batch', 64] }] },
]
for (const { model, inputs } of signatures) {
  test(`${model} has the stated signature in every version`, async () => {
    for (const version of versions) {
      const session = await openSession(model, version)
      const plain = (tensors: readonly object[]) => tensors.map((tensor) => ({ ...tensor }))
      const tensors = (expected: readonly object[]) => expected.map((tensor) => ({ isTensor: true, ...tensor }))
      assert.deepEqual(plain(session.inputMetadata), tensors(inputs))
      assert.deepEqual(plain(session.outputMetadata), tensors(outputs))
    }
  })
}

for (const version of versions) {
  test(`spam ${version} answers a text exactly the same alone and in a batch of 32`, () =>
    assertBatchInvariant('spam', version, mails, spamInput))
  test(`digits ${version} answers an image exactly the same alone and in a batch of 32`, () =>
    assertBatchInvariant('digits', version, images, digitsInput))

  test(`spam ${version} answers odd texts as well`, async () => {
    const session = await openSession('spam', version)
    const texts = ['', ' ', '###', 'é 日本語 😀', '\ud800', 'word '.repeat(100_000)].map((text) => ({ text }))
    const together = await classify(session, texts, spamInput, texts.length)
    assert.deepEqual(together, await classify(session, texts, spamInput, 1))
    const [empty] = together
    for (const answer of together.slice(1, 5))
      assert.deepEqual(answer, empty, 'a text without ASCII words is as an empty one')
  })
}

async function assertBatchInvariant<Sample>(
  model: string,
  version: string,
  samples: readonly Sample[],
  toInput: ToInput<Sample>,
): Promise<void> {
  const session = await openSession(model, version)
  const alone = await classify(session, samples, toInput, 1)
  assert.equal(alone.length, samples.length)
  assert.ok(alone.every(({ score }) => score > 0 && score <= 1))
  assert.deepEqual(await classify(session, samples, toInput, 32), alone)
}
