import Type from 'typebox'
import { AstraError, type ErrorCode, errorTable } from '../../kernel/errors.ts'
import { type Operation, operation } from '../../kernel/operation.ts'
import type { CallRecord } from '../../kernel/record.ts'
import { callJson, callSchema, feedbackJson, feedbackSchema, outcomes } from './call-json.ts'
import { momentOf } from './moments.ts'
import type { OperationPorts } from './ports.ts'
import { choice, closed, listOf, text } from './schemas.ts'
import { tellStory } from './tell-story.ts'
import { withoutUndefined } from './without-undefined.ts'
import { written } from './written.ts'

const codes = Object.keys(errorTable) as readonly ErrorCode[]

const filter = closed({
  model: Type.Optional(text('As the caller named it', 64)),
  version: Type.Optional(Type.String({ maxLength: 64 })),
  consumer: Type.Optional(Type.String({ maxLength: 64 })),
  outcome: Type.Optional(choice(outcomes)),
  code: Type.Optional(choice(codes)),
  reference: Type.Optional(text("The caller's own id", 256)),
  since: Type.Optional(text('"30m", "1h", "2d" ago, or ISO 8601', 40)),
  until: Type.Optional(text('As since', 40)),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 50 })),
  before: Type.Optional(text('The next of the page before', 64)),
})

export function callOperations(ports: OperationPorts): readonly Operation[] {
  const { clock, reports } = ports
  return [
    operation({
      name: 'listCalls',
      summary: 'Calls, the newest first',
      kind: 'query',
      permission: 'read',
      method: 'GET',
      path: '/calls',
      input: filter,
      output: closed({ calls: listOf(callSchema), next: Type.Optional(text('The before of the next page')) }),
      run: async ({ since, until, limit = 50, ...rest }) => {
        const now = clock.now()
        const page = await reports.calls({
          ...rest,
          limit,
          ...(since === undefined ? {} : { from: momentOf(since, now, 'since') }),
          ...(until === undefined ? {} : { to: momentOf(until, now, 'until') }),
        })
        return withoutUndefined({ calls: page.calls.map(callJson), next: page.next })
      },
    }),
    operation({
      name: 'getCall',
      summary: 'One call, what was judged of it, and its journey told in sentences',
      kind: 'query',
      permission: 'read',
      method: 'GET',
      path: '/calls/{id}',
      input: closed({ id: text('Id of the call', 64) }),
      output: closed({ call: callSchema, feedback: listOf(feedbackSchema), story: listOf(Type.String()) }),
      run: async ({ id }) => {
        const call = await findCall(id, ports)
        const feedback = await reports.feedback(call.id)
        return { call: callJson(call), feedback: feedback.map(feedbackJson), story: tellStory(call, feedback) }
      },
    }),
  ]
}

/** A call that has only just ended may still wait to be written; a store that hangs must not make readers hang. */
export async function findCall(id: string, { reports, records, pending }: OperationPorts): Promise<CallRecord> {
  // Looked for before the store is asked: what became durable in between would be found in neither.
  const isRecent = pending.recentCall(id) !== undefined
  const call = await reports.call(id)
  if (call) return call
  if (!isRecent) throw unknownCall(id)
  await written(records)
  const flushed = await reports.call(id)
  if (flushed) return flushed
  throw waitingCall(id)
}

export function waitingCall(id: string): AstraError {
  return new AstraError('unknown_call', {
    detail: `The call "${id}" has no Record yet`,
    next: 'It is under way or waits to be written: ask again in a moment.',
  })
}

function unknownCall(id: string): AstraError {
  return new AstraError('unknown_call', {
    detail: `There is no call "${id}"`,
    next: 'See GET /api/v1/calls for the calls.',
  })
}
