import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inReadersWords } from './words.ts'

const texts = [
  ['Next: astraapi apply', 'Next: npm run -s astraapi -- apply'],
  ['Start one with "astraapi start", or', 'Start one with "npm start", or'],
  ['astraapi start --listen 127.0.0.1:1', 'npm start -- --listen 127.0.0.1:1'],
  ['"astraapi models" lists them, "astraapi calls" too', undefined],
  ['npm run -s astraapi -- apply', 'npm run -s astraapi -- apply'],
  ['node_modules/.bin/astraapi start', 'node_modules/.bin/astraapi start'],
] as const

test('who came through npm is told commands that run there, anybody else as they are', () => {
  for (const [text, told] of texts) {
    for (const script of ['start', 'astraapi'])
      assert.equal(
        inReadersWords(text, { npm_lifecycle_event: script }),
        told ?? '"npm run -s astraapi -- models" lists them, "npm run -s astraapi -- calls" too',
      )
    for (const env of [{}, { npm_lifecycle_event: 'npx' }, { npm_lifecycle_event: 'test' }])
      assert.equal(inReadersWords(text, env), text)
  }
})
