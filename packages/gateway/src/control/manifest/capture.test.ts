import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { captureOut, capturePolicyOf, type ManifestCapture } from './capture.ts'
import { readManifest } from './read-manifest.ts'

/** Manifest -> each fault: line | path | message | suggestion. */
const faultsOf = (yaml: string): string[] => {
  const read = readManifest(yaml)
  if (!('faults' in read)) return []
  return read.faults.map(({ line, path, message, suggestion }) =>
    [`${line}`, path, message, ...(suggestion === undefined ? [] : [suggestion])].join(' | '),
  )
}

/** What is captured stands on line 3. */
const captured = (capture: string) =>
  `models:\n  m: {owner: me, contracts: {v1: {versions: {"1": {}},\n    capture: ${capture}}}}\n`
const at = 'models.m.contracts.v1.capture'
const keep = 'must be a duration such as 12h, 7d or 30d, at most 400d'

const table: Readonly<Record<string, readonly [yaml: string, ...faults: string[]]>> = {
  'the short form': [captured('redacted')],
  'all of it': [captured('{payload: redacted, share: 0.1, keep: 400d, redact: [/input/text, "/output/a/*"]}')],
  'full, in full': [captured('{payload: full, share: 1, keep: 90m}')],
  'another payload': [captured('metadata'), `3 | ${at} | must be one of "redacted", "full"`],
  'a payload that is nearly one': [
    captured('{payload: redact}'),
    `3 | ${at}.payload | must be one of "redacted", "full" | Did you mean "redacted"?`,
  ],
  'a share that is none, a field that is none': [
    captured('{payload: full, share: 0, kepp: 1d}'),
    `3 | ${at}.share | must be more than 0`,
    `3 | ${at}.kepp | is not a field here | Did you mean "keep"?`,
  ],
  'a time that is none': [captured('{payload: full, keep: soon}'), `3 | ${at}.keep | ${keep}`],
  'a time that is too long': [captured('{payload: full, keep: 401d}'), `3 | ${at}.keep | ${keep}`],
  'pointers without use': [
    captured('{payload: full, redact: [/input]}'),
    `3 | ${at}.redact | has no use: "full" leaves nothing out | Say payload: redacted.`,
  ],
  'no pointer at all': [
    captured('{payload: redacted, redact: []}'),
    `3 | ${at}.redact | must have at least 1 element, has 0`,
  ],
}

describe('the faults of what is captured', () => {
  for (const [what, [yaml, ...faults]] of Object.entries(table)) {
    it(what, () => assert.deepEqual(faultsOf(yaml), faults))
  }
})

it('is written as short as it may be', () => {
  const shortest = (capture: ManifestCapture) => captureOut(capturePolicyOf(capture))
  assert.equal(shortest({ payload: 'redacted', share: 1, keep: '720h' }), 'redacted')
  assert.deepEqual(shortest({ payload: 'full', share: 0.5, keep: '36h' }), {
    payload: 'full',
    share: 0.5,
    keep: '36h',
  })
  const declared = { payload: 'redacted', redact: ['/input/text'] } as const
  assert.deepEqual(shortest(declared), declared)
})
