import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { predict, stream } from './testing/asking.ts'
import type { BackendHarness, Need, Scenario } from './testing/backend-harness.ts'
import { eventually } from './testing/eventually.ts'
import { replicaCare } from './testing/replica-care.ts'
import { streams } from './testing/streams.ts'
import { wholeAnswers } from './testing/whole-answers.ts'

/**
 * The promises of the port `Backend`, held against one implementation. Every backend must pass. What cannot be had of it is
 * declared in `lacks` (no "chunks": this version does not stream), so that nothing goes untested unseen.
 */
export function backendConformance(
  name: string,
  open: () => Promise<BackendHarness>,
  { lacks = [], streams: own = 'every version' }: { readonly lacks?: readonly Need[]; readonly streams?: Streams } = {},
): void {
  describe(`backend ${name}`, () => {
    for (const scenario of scenarios) {
      if (!scenario.needs.some((need) => lacks.includes(need))) test(scenario.title, () => hold(scenario, open))
    }
    test('close() releases everything', () => releasesEverything(open))
    test('lacks only what is declared', () => declaresWhatItLacks(open, lacks))
    test(`streams: ${own}`, () => streamsWhatItDeclares(open, own, lacks))
  })
}

/** Which versions of a backend stream. */
export type Streams = 'every version' | 'some versions' | 'no version'

const scenarios: readonly Scenario[] = [...wholeAnswers, ...streams, ...replicaCare]

async function hold({ run }: Scenario, open: () => Promise<BackendHarness>): Promise<void> {
  const harness = await open()
  try {
    await run(harness)
  } finally {
    await harness.backend.close()
    await harness.close()
  }
}

async function declaresWhatItLacks(open: () => Promise<BackendHarness>, lacks: readonly Need[]): Promise<void> {
  const harness = await open()
  const needs = new Set(scenarios.flatMap((scenario) => scenario.needs))
  const lacking = [...needs].filter((need) => !(need in harness) && !(need in harness.misbehaving))
  await harness.backend.close()
  await harness.close()
  assert.deepEqual(lacking.toSorted(), [...lacks].sort())
  assert.equal(harness.backend.probe === undefined, lacks.includes('health'))
  assert.equal(harness.backend.release === undefined, lacks.includes('connections'))
}

async function streamsWhatItDeclares(
  open: () => Promise<BackendHarness>,
  streams: Streams,
  lacks: readonly Need[],
): Promise<void> {
  const harness = await open()
  const { backend } = harness
  try {
    assert.equal(backend.stream === undefined, streams === 'no version')
    if (streams !== 'some versions') return assert.equal(lacks.includes('chunks'), streams === 'no version')
    if (!lacks.includes('chunks')) return
    // One of those that do not: it says so.
    const begun = async () => {
      for await (const _ of stream(harness, harness.input(1))) break
    }
    await assert.rejects(begun, { code: 'unsupported' })
  } finally {
    await backend.close()
    await harness.close()
  }
}

/** Nothing of the backend's keeps the process alive; the harness's own server was there before. */
async function releasesEverything(open: () => Promise<BackendHarness>): Promise<void> {
  const harness = await open()
  const before = process.getActiveResourcesInfo().length
  await Promise.all([0, 1, 2].map((n) => predict(harness, [harness.input(n)])))
  if (harness.chunks) for await (const _ of stream(harness, harness.input(1))) break
  await harness.backend.close()
  await eventually(() => process.getActiveResourcesInfo().length <= before, 1000, 'no handle is left')
  await harness.close()
}
