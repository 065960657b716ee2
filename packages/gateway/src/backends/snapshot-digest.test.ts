import assert from 'node:assert/strict'
import { test } from 'node:test'
import { snapshotDigest } from './snapshot-digest.ts'

const snapshots = [
  'openai/gpt-4o-2024-08-06',
  'anthropic/claude-3-5-sonnet-20241022',
  'vertex/claude-sonnet-4@20250514',
  'bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0',
  'bedrock/eu.anthropic.claude-3-haiku-20240307-v1',
  'cohere/command-a-03-2025',
  'cohere/command-r-08-2024',
  'acme/leap-2024-02-29',
]

const floating = [
  'openai/gpt-4o',
  'openai/gpt-4o-2024-08-06-latest',
  'openai/gpt-4-0613',
  'bedrock/amazon.nova-pro-v1:0',
  'acme/no-date-2024-13-01',
  'acme/no-date-20240230',
  'acme/no-leap-2023-02-29',
  'acme/mixed-2024-0806',
  'acme/no-month-13-2025',
  'acme/long-ago-19991231',
]

test('a name that ends in a date stands for one model, and each for another', () => {
  const digests = snapshots.map(snapshotDigest)
  for (const digest of digests) assert.match(digest ?? '', /^sha256:[0-9a-f]{64}$/)
  assert.equal(new Set(digests).size, snapshots.length)
})

for (const name of floating)
  test(`${name} may be given to another model`, () => assert.equal(snapshotDigest(name), undefined))
