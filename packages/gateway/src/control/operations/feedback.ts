import Type from 'typebox'
import { AstraError } from '../../kernel/errors.ts'
import { type Operation, operation } from '../../kernel/operation.ts'
import { feedbackSources, feedbackValue } from './call-json.ts'
import { assertDeclared, type JudgedCall, notCounted } from './declared-metric.ts'
import { invalidField } from './moments.ts'
import type { OperationPorts } from './ports.ts'
import { choice, closed, text } from './schemas.ts'
import { withoutUndefined } from './without-undefined.ts'

const judgement = closed({
  call: Type.Optional(text('Id of the call; or give its reference', 64)),
  reference: Type.Optional(text("The caller's own id of the call; the latest with it is meant", 256)),
  metric: Type.String({
    pattern: '^[A-Za-z][A-Za-z0-9_.-]{0,63}$',
    description: 'What is judged, e.g. "correct"; where the contract declares metrics, one of these',
  }),
  value: feedbackValue,
  source: Type.Optional(choice(feedbackSources, { default: 'user' })),
  comment: Type.Optional(Type.String({ maxLength: 2000 })),
})

export function feedbackOperations(ports: OperationPorts): readonly Operation[] {
  return [
    operation({
      name: 'giveFeedback',
      summary: "Judges one of the consumer's own calls; the last word per call, metric and source counts",
      kind: 'mutation',
      permission: 'infer',
      method: 'POST',
      path: '/feedback',
      input: judgement,
      output: closed({
        call: text('Id of the call'),
        notCounted: Type.Optional(
          text('Why no experiment counts it, though it is kept: its source is another than the metric names'),
        ),
      }),
      run: async ({ call, reference, metric, value, source = 'user', comment }, { caller }) => {
        const { consumer } = caller
        const { id: callId, of } = await ownCall({ call, reference, consumer }, ports)
        const meant = assertDeclared(of, { metric, value, source }, caller, ports.catalogControl.current().state)
        const time = ports.clock.now()
        await ports.records.feedback({ callId, metric, value, source, comment, time, consumer })
        return withoutUndefined({ call: callId, notCounted: notCounted(meant, { metric, source }) })
      },
    }),
  ]
}

interface Wanted {
  readonly call: string | undefined
  readonly reference: string | undefined
  readonly consumer: string
}

interface Found {
  readonly id: string
  readonly of: JudgedCall
}

/** Another consumer's call is as unknown as one that never was: else ids could be probed. */
async function ownCall({ call, reference, consumer }: Wanted, ports: OperationPorts): Promise<Found> {
  const { pending, reports } = ports
  if (call !== undefined && reference === undefined) {
    const of = pending.recentCall(call) ?? (await reports.call(call))
    if (of?.consumer === consumer) return { id: call, of }
  } else if (reference !== undefined && call === undefined) {
    const recent = pending.recentByReference(consumer, reference)
    const of = recent === undefined ? undefined : pending.recentCall(recent)
    if (recent !== undefined && of) return { id: recent, of }
    const kept = await reports.callByReference(consumer, reference)
    if (kept) return { id: kept.id, of: kept }
  } else {
    throw invalidField('call', 'or reference must be given, and not both')
  }
  throw new AstraError('unknown_call')
}
