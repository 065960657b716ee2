import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isData } from './is-data.ts'

const data = 'iVBORw0KGgo'.repeat(1000)
const words = 'some words of a document, one after the other. '.repeat(1000)

test('base64 is data, in both alphabets, and in a data URL', () => {
  const texts = [data, `${data}==`, `${data}\n`, Buffer.alloc(3000, 0xfb).toString('base64url')]
  for (const text of texts) assert.equal(isData(text), true, text.slice(-20))
  const word = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'
  assert.equal(isData(`data:${word};base64,${data.slice(0, 200)}`), true)
})

test('a text is none, whatever it begins or ends with', () => {
  for (const text of [
    words,
    data + words,
    words + data,
    `data:${words}`,
    `data:image/png;base64,${data} ${words}`,
    '漢字'.repeat(1000),
  ])
    assert.equal(isData(text), false, text.slice(0, 40))
})

test('what is too short for a picture is a text', () => {
  assert.equal(isData(data.slice(0, 255)), false)
  assert.equal(isData(data.slice(0, 256)), true)
})
