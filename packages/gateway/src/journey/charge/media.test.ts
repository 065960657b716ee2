import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mediaIn as mediaInJson } from './media.ts'

const mediaIn = (value: unknown) => mediaInJson(value, JSON.stringify(value))

const data = 'iVBORw0KGgo'.repeat(1000)
const chat = (...content: unknown[]) => ({ messages: [{ role: 'user', content }] })

test('a chat without media has none, however its words look', () => {
  assert.equal(mediaIn(chat({ type: 'text', text: data })), undefined)
  assert.equal(mediaIn({ messages: [{ role: 'user', content: 'hi' }] }), undefined)
})

test('a picture is a flat figure in every spelling, and its data are no text', () => {
  for (const part of [
    { type: 'image', source: { mediaType: 'image/png', base64: data } },
    { type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } },
    { type: 'input_image', image_url: `data:image/png;base64,${data}` },
    { type: 'image', source: { type: 'base64', media_type: 'image/png', data } },
  ]) {
    const found = mediaIn(chat({ type: 'text', text: 'what is it?' }, part))
    assert.equal(found?.tokens, 1600)
    assert.ok((found?.bytes ?? 0) >= data.length)
  }
})

test('a picture by its address has no data', () => {
  assert.deepEqual(mediaIn(chat({ type: 'image_url', image_url: { url: 'https://example.com/a.png' } })), {
    tokens: 1600,
    bytes: 0,
  })
})

test('sounds and documents go by their length, and pictures in the results of tools count', () => {
  assert.equal(mediaIn(chat({ type: 'input_audio', input_audio: { data } }))?.tokens, Math.ceil(data.length / 256))
  assert.equal(mediaIn(chat({ type: 'file', base64: data }))?.tokens, 1600 + Math.ceil(data.length / 32))
  const result = { type: 'tool_result', content: [{ type: 'image', source: { data } }] }
  assert.equal(mediaIn(chat(result))?.tokens, 1600)
})

test('a document of plain text is text', () => {
  const text = 'some words of a document. '.repeat(100)
  for (const words of [text, data + text])
    assert.equal(mediaIn(chat({ type: 'document', source: { type: 'text', data: words } }))?.bytes, 0)
})

test('a part with a hundred thousand members and more is measured like another', () => {
  const part = { type: 'image_url', image_url: { url: 'https://example.com/a.png' }, pad: new Array(200_000).fill(0) }
  assert.equal(mediaIn(chat(part))?.tokens, 1600)
})
