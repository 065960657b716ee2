import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { armFailed } from './arm-outcome.ts'
import type { ErrorCode } from './errors.ts'

type Try = readonly [version: string, code?: ErrorCode, hurried?: true]

describe('what a call says of its arm 1.1', () => {
  const rows: readonly [string, ErrorCode | undefined, readonly Try[], boolean | undefined][] = [
    ['answered', undefined, [['1.1']], false],
    ['answered after a retry', undefined, [['1.1', 'upstream_failed'], ['1.1']], false],
    ['saved by a fallback', undefined, [['1.1', 'upstream_failed'], ['1.0']], true],
    ['failed', 'upstream_failed', [['1.1', 'upstream_failed']], true],
    ['broke its contract', 'invalid_output', [['1.1', 'invalid_output']], true],
    ['too slow', 'timeout', [['1.1', 'timeout']], true],
    ['too slow for its caller only', 'timeout', [['1.1', 'timeout', true]], undefined],
    [
      'failed before its caller had enough',
      'timeout',
      [
        ['1.1', 'upstream_failed'],
        ['1.0', 'timeout', true],
      ],
      true,
    ],
    ['fell silent', 'upstream_stalled', [['1.1', 'upstream_stalled']], true],
    ['nobody serves it', 'upstream_unavailable', [], true],
    ['the time ran out while it waited for a place', 'timeout', [], undefined],
    ['answered by the cache', undefined, [], undefined],
    ['the caller went away', 'cancelled', [['1.1', 'cancelled']], undefined],
    [
      'the caller went away after a first attempt',
      'cancelled',
      [
        ['1.1', 'upstream_failed'],
        ['1.1', 'cancelled'],
      ],
      undefined,
    ],
    ['the input did not fit', 'invalid_input', [], undefined],
    ['a limit refused it', 'rate_limited', [], undefined],
    ['no place for it', 'overloaded', [], undefined],
    ['a fault of the gateway', 'internal', [], undefined],
  ]
  for (const [what, code, tries, expected] of rows) {
    it(what, () => {
      const attempts = tries.map(([version, code, hurried]) => ({
        ...({ role: 'serve', replica: 'a', atMs: 0, durationMs: 1, reason: undefined } as const),
        version,
        code,
        ...(hurried ? { hurried } : {}),
      }))
      assert.equal(armFailed({ code, attempts }, '1.1'), expected)
    })
  }
})
