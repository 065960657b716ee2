import assert from 'node:assert/strict'
import { AstraError } from '../../kernel/errors.ts'
import { context, holdError, outputs, predict, rejects } from './asking.ts'
import { type Scenario, stopMs } from './backend-harness.ts'
import { eventually } from './eventually.ts'

/** What the port promises of `predict`. */
export const wholeAnswers: readonly Scenario[] = [
  {
    title: 'answers a single input',
    needs: [],
    run: async (harness) => assert.deepEqual(await outputs(harness, [harness.input(1)]), [harness.output(1)]),
  },
  {
    title: 'keeps the order of a batch',
    needs: [],
    async run(harness) {
      const order = Array.from({ length: 20 }, (_, i) => (i * 7) % 20)
      assert.deepEqual(
        await outputs(
          harness,
          order.map((n) => harness.input(n)),
        ),
        order.map((n) => harness.output(n)),
      )
    },
  },
  {
    title: 'a refused item spares its siblings',
    needs: ['refused'],
    async run(harness) {
      const inputs = [harness.input(1), harness.misbehaving.refused, harness.input(2)]
      const { items } = await predict(harness, inputs)
      const [first, bad, last] = items
      assert.deepEqual(first, { output: harness.output(1) })
      assert.deepEqual(last, { output: harness.output(2) })
      assert.ok(bad && 'error' in bad)
      holdError(harness, bad.error, 'invalid_input')
    },
  },
  {
    title: 'unavailable is upstream_unavailable',
    needs: ['unavailable'],
    run: (harness) => rejects(harness, harness.misbehaving.unavailable, 'upstream_unavailable'),
  },
  {
    title: 'busy is upstream_unavailable that says when to come back',
    needs: ['busy'],
    run: (harness) => rejects(harness, harness.misbehaving.busy, 'upstream_unavailable', { retryAfterMs: 2000 }),
  },
  {
    title: 'failed is upstream_failed',
    needs: ['failed'],
    run: (harness) => rejects(harness, harness.misbehaving.failed, 'upstream_failed'),
  },
  {
    title: 'a connection that breaks before any answer is upstream_failed, unanswered',
    needs: ['unanswered'],
    run: (harness) => rejects(harness, harness.misbehaving.unanswered, 'upstream_failed', { unanswered: true }),
  },
  {
    title: 'a connection that breaks within the answer is upstream_failed, and not unanswered',
    needs: ['torn'],
    run: (harness) => rejects(harness, harness.misbehaving.torn, 'upstream_failed'),
  },
  {
    title: 'hands on what upstream reports of its load',
    needs: ['waiting'],
    async run(harness) {
      const { waiting } = await predict(harness, [harness.input(1)])
      assert.equal(waiting, harness.waiting)
    },
  },
  {
    title: 'an address where nothing answers is upstream_unavailable',
    needs: ['deadReplica'],
    run: ({ deadReplica = '', ...harness }) =>
      rejects({ ...harness, replica: deadReplica }, harness.input(1), 'upstream_unavailable'),
  },
  {
    title: 'a signal that aborted before keeps upstream untouched',
    needs: [],
    async run(harness) {
      const reason = new AstraError('cancelled')
      const signal = AbortSignal.abort(reason)
      await assert.rejects(predict(harness, [harness.input(1)], { signal }), (thrown) => thrown === reason)
      assert.equal(harness.running(), 0)
    },
  },
  {
    title: `an abort stops upstream within ${stopMs} ms and rejects with the signal's reason`,
    needs: ['hang'],
    async run(harness) {
      const controller = new AbortController()
      const reason = new AstraError('timeout')
      const call = predict(harness, [harness.misbehaving.hang, harness.input(1)], { signal: controller.signal })
      await eventually(() => harness.running() > 0, 5000, 'upstream works')
      controller.abort(reason)
      await assert.rejects(call, (thrown) => thrown === reason)
      await eventually(() => harness.running() === 0, stopMs, 'upstream stops')
    },
  },
  {
    title: 'passes the trace and the call id on',
    needs: ['lastHeaders'],
    async run(harness) {
      await predict(harness, [harness.input(1)])
      const headers = harness.lastHeaders?.() ?? {}
      assert.equal(headers.traceparent, context.traceparent)
      // The caller's own words go to our own kind of server only.
      assert.equal(headers.tracestate, harness.backend.name === 'oip' ? context.tracestate : undefined)
      assert.equal(headers['astra-call-id'], context.callId)
    },
  },
]
