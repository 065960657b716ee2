import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { knownHashes, sha256 } from './known-hashes.ts'

const key = 'astra_'.padEnd(55, 'k')
const guess = 'astra_'.padEnd(55, 'g')

function asked() {
  const questions: string[] = []
  const hashes = knownHashes((hash) => {
    questions.push(hash)
    return hash === sha256(key)
  })
  return { hashes, questions }
}

describe('known hashes', () => {
  it('gives SHA-256, and of a key the same without making it again', () => {
    const { hashes, questions } = asked()
    for (let i = 0; i < 3; i++) assert.equal(hashes(key), sha256(key))
    assert.deepEqual(questions, [sha256(key)])
  })

  it('remembers no guess', () => {
    const { hashes, questions } = asked()
    for (let i = 0; i < 3; i++) assert.equal(hashes(guess), sha256(guess))
    assert.equal(questions.length, 3)
  })

  it('makes none of what cannot be a key', () => {
    const { hashes, questions } = asked()
    assert.deepEqual(['', 'short', `${key} `, 'k'.repeat(10_000)].map(hashes), ['', '', '', ''])
    assert.deepEqual(questions, [])
  })

  it('begins anew when it holds too many', () => {
    const questions: string[] = []
    const hashes = knownHashes((hash) => questions.push(hash) > 0)
    const text = (i: number) => String(i).padStart(40, '0')
    for (let i = 0; i <= 10_000; i++) hashes(text(i))
    hashes(text(10_000))
    assert.equal(questions.length, 10_001)
    hashes(text(1))
    assert.equal(questions.length, 10_002)
  })
})
