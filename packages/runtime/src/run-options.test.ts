import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readRunOptions } from './run-options.ts'

test('flags win over the environment, which wins over the defaults', () => {
  assert.deepEqual(readRunOptions(['--models', 'm'], {}), { models: 'm', listen: '127.0.0.1:8000' })
  const env = {
    ASTRA_MODELS: 'e',
    ASTRA_RUNTIME_LISTEN: '[::1]:1',
    ASTRA_RUNTIME_BODY_BYTES_MAX: '1024',
    ASTRA_RUNTIME_THREADS: '2',
    ASTRA_RUNTIME_DRAIN_MS: '0',
  }
  assert.deepEqual(readRunOptions([], env), {
    models: 'e',
    listen: '[::1]:1',
    bodyBytesMax: 1024,
    threads: 2,
    drainMs: 0,
  })
  const flags = ['--models=f', '--listen=unix:/f', '--body-bytes-max=2048', '--threads=3', '--drain-ms=5']
  assert.deepEqual(readRunOptions(flags, env), {
    models: 'f',
    listen: 'unix:/f',
    bodyBytesMax: 2048,
    threads: 3,
    drainMs: 5,
  })
})

test('numbers have to be positive integers', () => {
  for (const value of ['0', '-1', '1.5', '1e3', 'many', '']) {
    assert.throws(() => readRunOptions(['--models=m', `--threads=${value}`], {}), {
      name: 'StartupError',
      message: `--threads must be a positive integer, not '${value}'`,
    })
  }
})
