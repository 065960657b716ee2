import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainReplica, replicaFault, replicaName } from './replica-address.ts'

test('an address may have a path, and has one spelling', () => {
  const cases = [
    ['https://api.groq.com/openai/v1', 'https://api.groq.com/openai/v1'],
    ['HTTPS://API.groq.com:443/openai/v1/', 'https://api.groq.com/openai/v1'],
    ['http://h:1/', 'http://h:1'],
    ['http://h:1/a/../b//', 'http://h:1/b'],
    ['dns+http://models.example:8000/V2/', 'dns+http://models.example:8000/V2'],
    ['unix:/run/a.sock', 'unix:/run/a.sock'],
    ['embedded', 'embedded'],
  ] as const
  for (const [entry, plain] of cases) {
    assert.equal(replicaFault(entry), undefined, entry)
    assert.equal(plainReplica(entry), plain)
    assert.equal(plainReplica(plain), plain)
  }
})

test('each address of a name keeps its path', () => {
  const name = replicaName('dns+http://models.example:8000/v2')
  assert.equal(name?.host, 'models.example')
  assert.equal(name?.at('10.0.0.1'), 'http://10.0.0.1:8000/v2')
  assert.equal(name?.at('::1'), 'http://[::1]:8000/v2')
  assert.equal(replicaName('dns+http://models.example')?.at('10.0.0.1'), 'http://10.0.0.1')
})
