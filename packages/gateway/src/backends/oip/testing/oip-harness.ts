import type { TensorSignature } from '../../../kernel/tensors.ts'
import type { BackendHarness } from '../../testing/backend-harness.ts'
import { fixtureVersion } from '../../testing/fixture-version.ts'
import { createOipBackend } from '../oip.ts'
import { openFakeUpstream, privateWords, waiting } from './fake-upstream.ts'

const tensors: TensorSignature = {
  inputs: [
    { name: 'text', datatype: 'BYTES', shape: [-1] },
    { name: 'pixels', datatype: 'FP32', shape: [-1, 2, 2] },
  ],
  outputs: [
    { name: 'text', datatype: 'BYTES', shape: [-1] },
    { name: 'pixels', datatype: 'FP32', shape: [-1, 2, 2] },
  ],
}

const row = (text: string, n: number) => ({
  text,
  pixels: [
    [n, n + 0.5],
    [1 - n, 0],
  ],
})

const health = '/v2/health/ready'

export async function openOip(): Promise<BackendHarness> {
  const upstream = await openFakeUpstream()
  return {
    backend: createOipBackend({ addresses: { embedded: upstream.address }, bodyBytesMax: 1 << 20 }),
    version: fixtureVersion('oip', { model: 'sample', version: '1.0' }, ['embedded'], tensors),
    replica: 'embedded',
    input: (n) => row(`input ${n}`, n),
    output: (n) => row(`input ${n}`, n),
    misbehaving: {
      refused: row('!refused', 0),
      unavailable: row('!unavailable', 0),
      failed: row('!failed', 0),
      busy: row('!busy', 0),
      unanswered: row('!reset', 0),
      torn: row('!cut', 0),
      hang: row('!hang', 0),
      held: row('!held', 0),
    },
    letGo: upstream.letGo,
    waiting,
    health: {
      ready: () => upstream.answer(health, 200, {}),
      notReady: () => upstream.answer(health, 503, { error: privateWords }),
      silent: () => upstream.hang(health),
    },
    connections: upstream.connections,
    privateWords,
    deadReplica: 'unix:/nowhere/at-all.sock',
    running: upstream.running,
    lastHeaders: () => upstream.requests.at(-1)?.headers ?? {},
    close: upstream.close,
  }
}

const chat = (text: string) => ({ messages: [{ role: 'user', content: [{ type: 'text', text }] }] })
const answer = (text: string) => ({ choices: [{ content: [{ type: 'text', text }], finishReason: 'stop' }] })

/** The same server, with a version that generates text. */
export async function openOipChat(): Promise<BackendHarness> {
  const harness = await openOip()
  const { version } = harness
  return {
    ...harness,
    version: { ...version, tensors: undefined, contract: { ...version.contract, task: 'chat' } },
    input: (n) => chat(`input ${n}`),
    output: (n) => answer(`input ${n}`),
    chunks: (n) => [
      { type: 'text-delta', choice: 0, text: 'input ' },
      { type: 'text-delta', choice: 0, text: `${n}` },
      { type: 'choice-end', choice: 0, finishReason: 'stop' },
    ],
    misbehaving: {
      refused: chat('!refused'),
      unavailable: chat('!unavailable'),
      failed: chat('!failed'),
      busy: chat('!busy'),
      unanswered: chat('!reset'),
      torn: chat('!cut'),
      hang: chat('!hang'),
      held: chat('!held'),
      cut: chat('!cut'),
      stall: chat('!stall'),
    },
    heldOutput: answer('!held'),
  }
}
