import assert from 'node:assert/strict'
import { AstraError } from '../../kernel/errors.ts'
import { holdError, outputs, predict } from './asking.ts'
import { type BackendHarness, type Scenario, stopMs } from './backend-harness.ts'
import { eventually } from './eventually.ts'

const never = new AbortController().signal

function probe({ backend, replica }: BackendHarness, signal = never, at = replica): Promise<unknown> {
  assert.ok(backend.probe, 'the backend probes')
  return backend.probe(at, signal)
}

/** What the port promises of `probe` and `release`. */
export const replicaCare: readonly Scenario[] = [
  {
    title: 'probe follows what the replica says of itself',
    needs: ['health'],
    async run(harness) {
      harness.health?.ready()
      await probe(harness)
      harness.health?.notReady()
      await assert.rejects(probe(harness), (thrown) => holdError(harness, thrown, 'upstream_unavailable'))
      harness.health?.ready()
      await probe(harness)
    },
  },
  {
    title: "an abort ends a probe of a silent replica with the signal's reason, and the next one is well",
    needs: ['health'],
    async run(harness) {
      const controller = new AbortController()
      const reason = new AstraError('timeout')
      harness.health?.silent()
      const probing = probe(harness, controller.signal)
      await eventually(() => harness.running() > 0, 5000, 'the replica was asked')
      controller.abort(reason)
      await assert.rejects(probing, (thrown) => thrown === reason)
      await eventually(() => harness.running() === 0, stopMs, 'upstream stops')
      harness.health?.ready()
      await probe(harness)
    },
  },
  {
    title: 'probe of an address where nothing answers is upstream_unavailable',
    needs: ['health', 'deadReplica'],
    run: (harness) =>
      assert.rejects(probe(harness, never, harness.deadReplica), (thrown) =>
        holdError(harness, thrown, 'upstream_unavailable'),
      ),
  },
  {
    title: 'a released replica answers what is in flight, then its connections close; a later call opens anew',
    needs: ['held', 'connections'],
    async run(harness) {
      const { backend, replica, misbehaving } = harness
      const call = predict(harness, [misbehaving.held])
      await eventually(() => harness.running() === 1, 5000, 'upstream works')
      backend.release?.(replica)
      backend.release?.(replica)
      harness.letGo?.()
      assert.deepEqual((await call).items, [{ output: harness.heldOutput ?? misbehaving.held }])
      await eventually(() => harness.connections?.() === 0, 1000, 'no connection is left')
      assert.deepEqual(await outputs(harness, [harness.input(1)]), [harness.output(1)])
    },
  },
  {
    title: 'close() also ends what is in flight at a released replica',
    needs: ['held', 'connections'],
    async run(harness) {
      const call = assert.rejects(predict(harness, [harness.misbehaving.held]), (thrown) =>
        holdError(harness, thrown, 'upstream_failed'),
      )
      await eventually(() => harness.running() === 1, 5000, 'upstream works')
      harness.backend.release?.(harness.replica)
      await harness.backend.close()
      await call
    },
  },
]
