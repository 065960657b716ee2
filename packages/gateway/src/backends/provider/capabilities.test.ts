import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { capabilities, capabilitiesPath } from '../../../../../scripts/capabilities.ts'

test('docs/capabilities.md is what "node scripts/capabilities.ts" writes', async () => {
  assert.equal(readFileSync(capabilitiesPath, 'utf8'), await capabilities())
})
