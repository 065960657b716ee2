import Type from 'typebox'
import { AstraError } from '../../kernel/errors.ts'
import { type Operation, operation } from '../../kernel/operation.ts'
import type { Payload } from '../../kernel/payload.ts'
import type { CallRecord } from '../../kernel/record.ts'
import { requireModel } from './bound-models.ts'
import { findCall } from './calls.ts'
import { momentOf } from './moments.ts'
import type { OperationPorts } from './ports.ts'
import { closed, count, isoTime, listOf, majorText, text, time } from './schemas.ts'
import { modelOf } from './unknown.ts'

const payloadSchema = closed({
  id: text('Id of the call'),
  time,
  model: Type.String(),
  major: majorText,
  version: text('The version that answered'),
  redacted: Type.Boolean({ description: 'Whether values were left out before it was written' }),
  keptUntil: time,
  inputs: listOf(Type.Unknown(), { description: 'One an item, in canonical form' }),
  outputs: listOf(
    closed({
      output: Type.Optional(Type.Unknown()),
      text: Type.Optional(text('All that a stream said')),
      error: Type.Optional(text('Error code of an item that failed')),
    }),
    { description: 'As many as inputs, each one of the three; of a stream a single text' },
  ),
})

export function payloadOperations(ports: OperationPorts): readonly Operation[] {
  const { payloads, clock, catalogControl } = ports
  return [
    operation({
      name: 'getCallPayload',
      summary:
        'What a call asked and was answered, where its contract keeps payloads ("capture"); each read stands in the audit log',
      kind: 'query',
      permission: 'operate',
      method: 'GET',
      path: '/calls/{id}/payload',
      input: closed({ id: text('Id of the call', 64) }),
      output: payloadSchema,
      audit: (_, output) => output && { model: output.model, major: output.major, redacted: output.redacted },
      run: async ({ id }, { caller }) => {
        const payload = await payloads.payload(id)
        const { model } = payload ?? (await findCall(id, ports))
        requireModel(model, caller, catalogControl.current())
        if (payload) return payloadJson(payload)
        throw notKept(await findCall(id, ports), ports)
      },
    }),
    operation({
      name: 'deletePayloads',
      summary: 'Deletes what is kept of the payloads of a model, or of one of its contracts; their Records stay',
      kind: 'mutation',
      permission: 'operate',
      method: 'DELETE',
      path: '/payloads',
      input: closed({
        model: text('Name of the model, deployed or not', 64),
        major: Type.Optional(majorText),
        before: Type.Optional(text('Only of calls before: "30m", "1h", "2d" ago, or ISO 8601', 40)),
      }),
      output: closed({ deleted: count }),
      audit: (named, output) => output && { ...named, ...output },
      auditTarget: ({ major }) => `/payloads/{model}${major ? '/{major}' : ''}`,
      run: async ({ model, major, before }, { caller }) => {
        requireModel(model, caller, catalogControl.current())
        const deleted = await payloads.forget({
          model,
          ...(major === undefined ? {} : { major: Number(major.slice(1)) }),
          ...(before === undefined ? {} : { to: momentOf(before, clock.now(), 'before') }),
        })
        // Of a model that is deployed no more payloads may be left; where there are none either, the name is likely mistyped.
        if (deleted === 0 && (await payloads.count({ model })) === 0) modelOf(catalogControl.current(), model)
        return { deleted }
      },
    }),
  ]
}

function payloadJson({ callId, model, major, version, redacted, inputs, outputs, ...times }: Payload) {
  return {
    id: callId,
    time: isoTime(times.time),
    model,
    major: `v${major}`,
    version,
    redacted,
    keptUntil: isoTime(times.until),
    inputs,
    outputs,
  }
}

/** Why there is none, as far as the present catalog tells, and what to do. */
function notKept({ id, model, major }: CallRecord, { catalogControl }: OperationPorts): AstraError {
  const known = catalogControl.current().model(model)
  const contract = known?.contracts.get(major ?? known.defaultMajor)
  const next = contract?.capture
    ? 'A share is kept of the calls that a model answered, some ms later, up to 64 KB each side and for as long as "keep" says: see the metric astra_capture_dropped_total.'
    : 'Its contract keeps none: declare "capture: redacted" in the manifest, for the calls to come.'
  return new AstraError('unknown_call', { detail: `No payload is kept of the call "${id}"`, next })
}
