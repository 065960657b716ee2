import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Row } from '@astraapi/runtime'
import { model } from './1.0/model.ts'

before(() => model.load?.())
after(() => model.close?.())

async function embedTogether(texts: readonly string[]): Promise<readonly (readonly number[])[]> {
  assert.ok(model.predictBatch)
  return (await model.predictBatch(texts.map((text) => ({ text })))).map(vectorOf)
}

async function embedAlone(text: string): Promise<readonly number[]> {
  return vectorOf(await model.predict({ text }))
}

function vectorOf({ embedding }: Row): readonly number[] {
  assert.ok(Array.isArray(embedding))
  return embedding.map(Number)
}

const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, at) => sum + value * (b[at] ?? NaN), 0)

test('texts that mean the same are nearer than texts that do not', async () => {
  const [late, delayed, recipe] = await embedTogether([
    'My parcel has not arrived yet.',
    'The delivery of my package is late.',
    'Add two eggs and a cup of flour.',
  ])
  assert.ok(late && delayed && recipe)
  assert.equal(late.length, 512)
  assert.ok(Math.abs(dot(late, late) - 1) < 1e-5, 'a vector has length 1')
  assert.ok(dot(late, delayed) > dot(late, recipe) + 0.2, `${dot(late, delayed)} against ${dot(late, recipe)}`)
})

test('alone and in a batch a text has the same vector but for rounding, and empty texts lose no row', async () => {
  const texts = ['', 'Where is my parcel?', '\u0000', '日本語 😀', '', 'x'.repeat(5000), '']
  const together = await embedTogether(texts)
  assert.equal(together.length, texts.length)
  for (const [row, text] of texts.entries()) {
    const alone = await embedAlone(text)
    assert.equal(together[row]?.length, alone.length)
    assert.ok(alone.every((value, at) => Math.abs(value - (together[row]?.[at] ?? NaN)) < 1e-6))
  }
})

test('calls at the same time keep their answers apart', async () => {
  const texts = Array.from({ length: 8 }, (_, number) => `message number ${number}`)
  const atOnce = await Promise.all(texts.map(embedAlone))
  for (const [row, text] of texts.entries()) assert.deepEqual(atOnce[row], await embedAlone(text))
})

test('identity names the packages that decide the answers, with their versions', () => {
  assert.match(
    model.identity ?? '',
    /^@energetic-ai\/model-embeddings-en@\d+\.\d+\.\d+ @energetic-ai\/embeddings@\S+ @energetic-ai\/core@\S+$/,
  )
})

test('loads and answers where the network is out of reach', () => {
  const script = `
    import { connect } from 'node:net'
    import { model } from ${JSON.stringify(new URL('1.0/model.ts', import.meta.url).href)}
    await model.load()
    const { embedding } = await model.predict({ text: 'hello' })
    const denied = await new Promise((done) => {
      try { connect(1, '127.0.0.1').on('error', (error) => done(error.code)) } catch (error) { done(error.code) }
    })
    console.log(embedding.length, denied)`
  const options = ['--permission', '--allow-fs-read=*', '--input-type=module', '--eval', script]
  const printed = execFileSync(process.execPath, options, {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    encoding: 'utf8',
  })
  assert.equal(printed, '512 ERR_ACCESS_DENIED\n')
})
