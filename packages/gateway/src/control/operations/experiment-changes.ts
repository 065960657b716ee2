import Type from 'typebox'
import { type Operation, type OperationContext, operation } from '../../kernel/operation.ts'
import { ownEntry } from '../manifest/own-entry.ts'
import { experimentFor } from './bound-models.ts'
import { experimentRowJson } from './experiment-json.ts'
import { changedExperiment, experimentName } from './experiment-schemas.ts'
import { auditTargetOf, experimentAudit, operationOf } from './experiment-words.ts'
import { precondition } from './manifest.ts'
import type { ExperimentChange, OperationPorts } from './ports.ts'
import { requireReady, requireTrust } from './require-ready.ts'
import { closed, text } from './schemas.ts'

const reason = text('Why, for people', 1000)

/** What a person may do; to step the ramp, to share anew and to end are the controller's. */
export function experimentChanges(ports: OperationPorts): readonly Operation[] {
  const { catalogControl } = ports
  const named = closed({ name: experimentName })
  const withReason = closed({ name: experimentName, reason: Type.Optional(reason) })

  const change = async (name: string, change: ExperimentChange, context: OperationContext) => {
    experimentFor(context.caller, name, catalogControl.current())
    const { keyId } = context.caller
    const { revision, experiment } = await catalogControl.changeExperiment(name, change, precondition(context), keyId)
    context.etag(String(revision))
    return { ...experimentRowJson(name, experiment), revision }
  }
  const about = {
    kind: 'mutation',
    permission: 'operate',
    method: 'POST',
    guarded: true,
    output: changedExperiment,
    audit: ({ name }: { readonly name: string }) => {
      const experiment = ownEntry(catalogControl.current().state.experiments ?? {}, name)
      return experiment && experimentAudit(experiment)
    },
    auditTarget: () => auditTargetOf('{name}'),
  } as const

  return [
    operation({
      ...about,
      name: operationOf.start,
      summary: 'Begins an A/B test: from now on it holds the traffic of its contract',
      path: '/experiments/{name}/start',
      input: named,
      run: async ({ name }, context) => {
        const experiment = experimentFor(context.caller, name, catalogControl.current())
        requireReady(name, experiment, ports)
        return await change(name, { action: 'start' }, context)
      },
    }),
    operation({
      ...about,
      name: operationOf.pause,
      summary: 'Halts it: each unit keeps its version, and nothing more is taken for evidence',
      path: '/experiments/{name}/pause',
      input: closed({ name: experimentName, reason }),
      run: ({ name, reason }, context) => change(name, { action: 'pause', reason }, context),
    }),
    operation({
      ...about,
      name: operationOf.resume,
      summary: 'Goes on after a pause, which does not count as running time',
      path: '/experiments/{name}/resume',
      input: named,
      run: async ({ name }, context) => {
        await requireTrust(name, experimentFor(context.caller, name, catalogControl.current()), ports)
        return await change(name, { action: 'resume' }, context)
      },
    }),
    operation({
      ...about,
      name: operationOf.stop,
      summary: 'Ends it without a verdict: the control gets all traffic',
      path: '/experiments/{name}/stop',
      input: withReason,
      run: ({ name, ...why }, context) => change(name, { action: 'stop', ...why }, context),
    }),
    operation({
      ...about,
      name: operationOf.promote,
      summary: 'Ends it with a winner: that version gets all traffic',
      path: '/experiments/{name}/promote',
      input: closed({
        name: experimentName,
        version: Type.Optional(text('The winner; may be left out where there is one candidate', 64)),
        reason: Type.Optional(reason),
      }),
      run: ({ name, version, ...why }, context) => {
        const winner = version === undefined ? {} : { winner: version }
        return change(name, { action: 'promote', ...winner, ...why }, context)
      },
    }),
    operation({
      ...about,
      name: operationOf['roll-back'],
      summary: 'Ends it as a failure of its candidates: the control gets all traffic',
      path: '/experiments/{name}/roll-back',
      input: withReason,
      run: ({ name, ...why }, context) => change(name, { action: 'roll-back', ...why }, context),
    }),
  ]
}
