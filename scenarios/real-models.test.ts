import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import { createAstra } from '@astraapi/sdk'
import { heldOutDigits } from '../models/digits/held-out.ts'
import { heldOutMail } from '../models/spam/held-out.ts'
import { repositoryModels, startTestGateway, type TestGateway } from './testing/start-test-gateway.ts'

const repositoryManifest = new URL('../astra.yaml', import.meta.url).pathname

interface Models {
  readonly spam: {
    readonly v1: { readonly input: { text: string }; readonly output: { label: string; score: number } }
  }
}

describe('the models that come along', () => {
  let gateway: TestGateway
  before(async () => {
    gateway = await startTestGateway({ config: repositoryManifest, models: repositoryModels })
  })
  after(() => gateway.stop())

  for (const version of ['1.0', '1.1']) {
    it(`spam ${version}, pinned through the SDK, has the accuracy that models/README.md states, to the digit`, async () => {
      const astra = createAstra<Models>({ url: gateway.url, key: gateway.adminKey })
      const mails = [...heldOutMail()]
      let correct = 0
      for (let i = 0; i < mails.length; i += 64) {
        const batch = mails.slice(i, i + 64)
        const { results } = await astra.models.spam.v1.batch(
          batch.map(({ text }) => ({ text })),
          { version },
        )
        results.forEach((result, at) => {
          assert.ok(result.output, JSON.stringify(result.error))
          if (result.output.label === batch[at]?.label) correct++
        })
      }
      const table = await readFile(new URL('../models/README.md', import.meta.url), 'utf8')
      const row = table.split('\n').find((line) => new RegExp(`^\\| *spam *\\| *${version} *\\|`).test(line)) ?? ''
      const cells = row.split('|').map((cell) => cell.trim().replaceAll(',', ''))
      assert.ok(
        cells.includes(String(mails.length)) && cells.includes(String(correct)),
        `${correct} of ${mails.length} correct; stated: ${row}`,
      )
      assert.ok(
        cells.includes(`${((100 * correct) / mails.length).toFixed(4)} %`),
        `${correct} of ${mails.length}; stated: ${row}`,
      )
    })
  }

  const three = `query ($text: String!) { models {
    spam { v1(input: { text: $text }) { id version output { label score } } }
    language { v1(input: { text: $text }) { id output { label } } }
    embed { v1(input: { text: $text }) { id output { embedding } } } } }`

  it('three of them answer one GraphQL request about one text', async () => {
    const { status, body } = await gateway.graphql(three, { text: 'Where is my parcel? I ordered it last week.' })
    assert.equal(status, 200)
    assert.equal(body.errors, undefined)
    const { spam, language, embed } = body.data.models
    assert.equal(spam.v1.output.label, 'ham')
    assert.equal(language.v1.output.label, 'en')
    assert.equal(embed.v1.output.embedding.length, 512)
    assert.equal(new Set([spam.v1.id, language.v1.id, embed.v1.id]).size, 3, 'each is a call of its own')
  })

  it('one that fails leaves the answers of the others whole', async () => {
    // Longer than embed takes, not longer than spam and language take.
    const { body } = await gateway.graphql(three, { text: 'Where is my parcel? '.repeat(300) })
    assert.equal(body.data.models.embed.v1, null)
    assert.equal(body.data.models.language.v1.output.label, 'en')
    assert.ok(body.data.models.spam.v1.output.label)
    assert.equal(body.errors.length, 1)
    assert.deepEqual(body.errors[0].path, ['models', 'embed', 'v1'])
    assert.equal(body.errors[0].extensions.code, 'invalid_input')
  })

  it('digits reads pixels', async () => {
    const [sample] = heldOutDigits()
    assert.ok(sample)
    const { body } = await gateway.ask('POST', '/models/digits/v1/predict', { input: { pixels: sample.pixels } })
    assert.equal(body.output.label, sample.label)
  })
})
