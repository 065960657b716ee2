import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compareVersions } from './names.ts'

describe('compareVersions', () => {
  it('puts numbers by their size, and what comes before a release before it', () => {
    const ascending = ['0.9', '1.0-alpha', '1.0-rc.2', '1.0-rc.10', '1.0', '1.9-rc', '1.9', '1.10', '2', '2026-01-02']
    assert.deepEqual([...ascending].reverse().sort(compareVersions), ascending)
  })
})
