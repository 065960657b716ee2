import type { Catalog } from '../../../kernel/catalog.ts'
import type { CatalogState, VersionState } from '../../../kernel/catalog-state.ts'
import { systemClock } from '../../../kernel/clock.ts'
import type { AstraError } from '../../../kernel/errors.ts'
import type { EvaluationCase } from '../../../kernel/evaluation.ts'
import type { AskOwn, OwnCall } from '../../../kernel/own-call.ts'
import type { CallRecord } from '../../../kernel/record.ts'
import { buildCatalog } from '../../catalog/build-catalog.ts'
import { record } from '../../operations/fake-platform.ts'
import { createEvaluate } from '../evaluate.ts'

const version: VersionState = {
  ...{ revision: 1, backend: 'echo', settings: {}, replicas: [], digest: 'sha256:1', immutable: true },
}
const limits = { bodyBytesMax: 1e6, itemsMax: 1, timeoutMs: 1000, firstByteMs: 1000, idleMs: 1000, inFlightMax: 100 }

const state: CatalogState = {
  models: {
    spam: {
      owner: 'mail',
      defaultMajor: 1,
      contracts: {
        '1': {
          ...{ task: 'classification', streams: false, examples: [], limits, weights: { '1.0': 3, '1.1': 1 } },
          revisions: [
            {
              input: {
                type: 'object',
                properties: { text: { type: 'string' } },
                required: ['text'],
                additionalProperties: false,
              },
              output: { type: 'object', properties: { label: { type: 'string', enum: ['ham', 'spam'] } } },
            },
          ],
          versions: { '1.0': version, '1.1': version, '0.9': { ...version, retired: {} } },
        },
      },
    },
  },
  consumers: {},
}

export const spamCatalog: Catalog = buildCatalog({ revision: 1, time: 0, state, digests: {} }, systemClock)

/** What a version says, or how it fails. */
export type Script = (call: OwnCall, number: number) => unknown | AstraError

/** Cases whose texts are "0", "1", …, of which the even ones are ham. */
export function mails(n: number): readonly EvaluationCase[] {
  return Array.from({ length: n }, (_, i) => ({
    id: `case-${i}`,
    input: { text: String(i) },
    expected: i % 2 === 0 ? 'ham' : 'spam',
  }))
}

export const textOf = ({ input }: OwnCall): number => Number((input as { readonly text: string }).text)

/** An engine whose versions answer by a script, on a clock that only waiting moves. */
export function askedWorld(says: Script, over: Partial<CallRecord> = {}) {
  const calls: OwnCall[] = []
  const waits: number[] = []
  let now = 0
  let inFlight = 0
  let most = 0
  const ask: AskOwn = async (call) => {
    const number = calls.push(call)
    most = Math.max(most, ++inFlight)
    await Promise.resolve()
    inFlight--
    const said = says(call, number)
    const kept = { ...record, id: `call-${number}`, costUsd: 0.001, ...over }
    return { item: said instanceof Error ? { error: said as AstraError } : { output: said }, record: kept }
  }
  const wait = async (ms: number) => {
    waits.push(ms)
    now += ms
  }
  const clock = { now: () => now, elapsed: () => now }
  const evaluate = createEvaluate({ ask, catalog: () => spamCatalog, clock, wait })
  return { evaluate, calls, waits, mostInFlight: () => most }
}
