import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Secret } from '../../kernel/secret.ts'
import { parseRedisAddress } from './redis-address.ts'

const plain = { cluster: false, tls: false, username: undefined, password: undefined, database: 0 }

test('an address names host, port and database', () => {
  assert.deepEqual(parsed('redis://cache'), { ...plain, nodes: [{ host: 'cache', port: 6379 }] })
  assert.deepEqual(parsed('valkey://[::1]:7000/3'), { ...plain, database: 3, nodes: [{ host: '::1', port: 7000 }] })
})

test('user and password are percent-decoded', () => {
  const { username, password, tls } = parsed('rediss://gate%20way:a%40b:c@cache')
  assert.deepEqual([username, password?.reveal(), tls], ['gate way', 'a@b:c', true])
  assert.equal(parsed('redis://:secret@cache').password?.reveal(), 'secret')
})

test('several hosts are a cluster, as is what says so', () => {
  const nodes = [
    { host: 'a', port: 1 },
    { host: 'b', port: 6379 },
  ]
  assert.deepEqual(parsed('redis://a:1,b'), { ...plain, cluster: true, nodes })
  assert.equal(parsed('rediss+cluster://a').cluster, true)
})

test('what cannot be read is refused without being quoted', () => {
  const texts = [
    'hunter2',
    'http://hunter2@a',
    'redis://',
    'redis://:hunter2/x@a',
    'redis://:hunter2%@a',
    'redis://:hunter2@a:0',
    'redis://:hunter2@a:65536',
    'redis://:hunter2@a:1:2',
    'redis://:hunter2@[zz]',
    'redis://:hunter2@a,b/1',
    'redis://:hunter2@a?x=1',
    'redis://:hunter2@a,,b',
  ]
  for (const text of texts) {
    assert.throws(
      () => parsed(text),
      (error: Error) =>
        error.message.startsWith('The address of Redis cannot be read: ') && !error.stack?.includes('hunter2'),
      text,
    )
  }
})

function parsed(text: string) {
  return parseRedisAddress(new Secret(text))
}
