import Type from 'typebox'
import { type Operation, type OperationContext, operation } from '../../kernel/operation.ts'
import { candidatesMax, metricsMax, rampMax } from '../manifest/experiment.ts'
import { ownEntry } from '../manifest/own-entry.ts'
import type { DeclaredExperiment } from '../plan/declare-experiment.ts'
import { experimentFor, requireModel } from './bound-models.ts'
import { experimentRowJson } from './experiment-json.ts'
import { changedExperiment, experimentName } from './experiment-schemas.ts'
import { auditTargetOf, experimentAudit } from './experiment-words.ts'
import { precondition } from './manifest.ts'
import type { ExperimentSet, OperationPorts } from './ports.ts'
import { choice, closed, listOf, mapOf, revision, text } from './schemas.ts'

const duration = (description: string) => text(`${description}, such as 30m, 24h or 7d`, 32)
const share = (description: string) => Type.Number({ description })
const metric = (description: string) => text(description, 128)

/** As in the manifest, and checked by what checks that. */
const declared = {
  description: Type.Optional(text('For people', 2000)),
  control: Type.Optional(
    text('Version whose place the candidates are to take; left out, the one with all the traffic', 64),
  ),
  shares: Type.Optional(
    mapOf(Type.Number(), {
      maxProperties: candidatesMax + 1,
      description: 'Parts of the units that take part, by version',
    }),
  ),
  allocation: Type.Optional(
    closed({
      method: choice(['fixed', 'thompson', 'track-and-stop'], { description: 'Whether shares follow what is seen' }),
      every: Type.Optional(duration('No sooner than so long after the last change')),
      least: Type.Optional(share('The least share of each arm, from 0.01')),
    }),
  ),
  coverage: Type.Optional(share('The share of all units that take part')),
  ramp: Type.Optional(
    listOf(closed({ coverage: share('Of all units'), for: Type.Optional(duration('How long')) }), {
      maxItems: rampMax,
      description: 'Instead of coverage: steps of it',
    }),
  ),
  attribution: Type.Optional(duration("How long after a unit's first call its calls and their feedback count")),
  guardrails: Type.Optional(
    listOf(
      closed({
        metric: metric('What no candidate may harm'),
        margin: Type.Optional(text('How much worse it may be: "10 %", "0.5 points", "50 ms"', 32)),
        prove: Type.Optional(choice(['harm', 'safe'])),
      }),
      { maxItems: metricsMax },
    ),
  ),
  alpha: Type.Optional(share('Probability of an error over all success metrics and candidates together')),
  harmAlpha: Type.Optional(share('Probability of an error of each guardrail')),
  expectedUnits: Type.Optional(Type.Integer({ description: 'Where the intervals shall be narrowest' })),
  minimalUnits: Type.Optional(Type.Integer({ description: 'Of each arm, before anything is promoted' })),
  minimalDuration: Type.Optional(duration('Nothing is promoted before')),
  maximalDuration: Type.Optional(duration('Then it ends')),
  rule: Type.Optional(choice(['advise', 'automatic'])),
  cached: Type.Optional(Type.Boolean({ description: 'Whether its calls may be answered by the cache' })),
}
const candidates = listOf(text('Version', 64), {
  maxItems: candidatesMax,
  description: 'Versions that are compared with the control',
})
const metrics = listOf(metric('Name of a metric'), {
  maxItems: metricsMax,
  description: 'What a candidate shall improve',
})
const model = text('The model, or its contract: "spam@v1"', 256)

/** "spam" of "spam@v1" */
const modelIn = (target: string) => target.split('@', 1)[0] ?? target

/** What the manifest does with experiments, for those that no manifest names. */
export function experimentDeclarations({ catalogControl }: OperationPorts): readonly Operation[] {
  const told = ({ revision, experiment }: ExperimentSet, name: string, context: OperationContext) => {
    context.etag(String(revision))
    return { ...experimentRowJson(name, experiment), revision }
  }
  const about = {
    kind: 'mutation',
    permission: 'operate',
    guarded: true,
    audit: ({ name }: { readonly name: string }) => {
      const experiment = ownEntry(catalogControl.current().state.experiments ?? {}, name)
      return experiment && { ...experimentAudit(experiment), plan: experiment.plan }
    },
    auditTarget: () => auditTargetOf('{name}'),
  } as const

  return [
    operation({
      ...about,
      name: 'createExperiment',
      summary: 'Declares an A/B test as a draft, which changes no traffic; to start it is a step of its own',
      method: 'POST',
      path: '/experiments',
      input: closed({ name: experimentName, model, candidates, metrics, ...declared }),
      output: changedExperiment,
      run: async ({ name, ...fields }, context) => {
        const actor = context.caller.keyId
        requireModel(modelIn(fields.model), context.caller, catalogControl.current())
        return told(await catalogControl.createExperiment(name, fields, precondition(context), actor), name, context)
      },
    }),
    operation({
      ...about,
      name: 'updateExperiment',
      summary:
        'Changes what is declared of an A/B test; what is left out stays. Of one that began: description, rule and maximalDuration',
      method: 'PUT',
      path: '/experiments/{name}',
      input: closed({
        name: experimentName,
        model: Type.Optional(model),
        candidates: Type.Optional(candidates),
        metrics: Type.Optional(metrics),
        ...declared,
      }),
      output: changedExperiment,
      run: async ({ name, ...fields }, context) => {
        const catalog = catalogControl.current()
        experimentFor(context.caller, name, catalog)
        if (fields.model !== undefined) requireModel(modelIn(fields.model), context.caller, catalog)
        const change: Partial<DeclaredExperiment> = fields
        const actor = context.caller.keyId
        return told(await catalogControl.updateExperiment(name, change, precondition(context), actor), name, context)
      },
    }),
    operation({
      ...about,
      name: 'deleteExperiment',
      summary: 'Removes an A/B test that is a draft or over, with its evidence; its calls stay',
      method: 'DELETE',
      path: '/experiments/{name}',
      input: closed({ name: experimentName }),
      output: closed({ name: Type.String(), revision }),
      run: async ({ name }, context) => {
        experimentFor(context.caller, name, catalogControl.current())
        const now = await catalogControl.deleteExperiment(name, precondition(context), context.caller.keyId)
        context.etag(String(now))
        return { name, revision: now }
      },
    }),
  ]
}
