import type { Caller } from '../../kernel/caller.ts'
import { type Operation, operation } from '../../kernel/operation.ts'
import { armFigures } from '../experiments/arm-figures.ts'
import { ownEntry } from '../manifest/own-entry.ts'
import { experimentFor } from './bound-models.ts'
import { experimentChanges } from './experiment-changes.ts'
import { experimentDeclarations } from './experiment-declarations.ts'
import { decisionsJson, experimentJson, experimentRowJson, historyJson } from './experiment-json.ts'
import { experimentName, experimentReport, experimentRow, experimentSchema } from './experiment-schemas.ts'
import { auditTargetOf } from './experiment-words.ts'
import type { OperationPorts } from './ports.ts'
import { closed, listOf, revision } from './schemas.ts'
import { written } from './written.ts'

/** Of what was done so many are told. */
const decisionsMax = 200

export function experimentOperations(ports: OperationPorts): readonly Operation[] {
  const { catalogControl, reports, audit, experiments, clock } = ports
  const named = closed({ name: experimentName })

  const look = async (name: string, caller: Caller) => {
    const catalog = catalogControl.current()
    const experiment = experimentFor(caller, name, catalog)
    const { startedAt } = experiment.progress
    const now = clock.now()
    if (startedAt === undefined) {
      const facts = { arms: [], latest: undefined, fault: undefined, now }
      return {
        revision: catalog.revision,
        history: { spacingMs: 0, points: [] },
        json: experimentJson(name, experiment, facts),
      }
    }
    await written(ports.records)
    // What is analysed is told as the last look found it: to read every unit takes the reader seconds where there are very many.
    const [kept, totals] = await Promise.all([
      experiments.kept(name, startedAt),
      reports.totals({ experiment: name, startedAt }),
    ])
    const arms = [experiment.control, ...experiment.candidates].map((arm) => armFigures(arm, ownEntry(totals, arm)))
    const beyond = Object.values(totals).reduce((sum, arm) => sum + arm.beyond, 0)
    const facts = { arms, latest: kept.latest, fault: experiments.fault(name), now, beyond }
    return { revision: catalog.revision, history: kept.history, json: experimentJson(name, experiment, facts) }
  }

  return [
    operation({
      name: 'listExperiments',
      summary: 'All A/B tests, with their status',
      kind: 'query',
      permission: 'read',
      method: 'GET',
      path: '/experiments',
      input: closed({}),
      output: closed({ experiments: listOf(experimentRow), revision }),
      run: async (_, { etag, caller: { models } }) => {
        const { revision, state } = catalogControl.current()
        etag(String(revision))
        const all = Object.entries(state.experiments ?? {}).filter(([, { model }]) => models?.has(model) ?? true)
        return { experiments: all.map(([name, experiment]) => experimentRowJson(name, experiment)), revision }
      },
    }),
    operation({
      name: 'getExperiment',
      summary:
        'An A/B test: what was declared, how far it is, what it shows and what is decided, and what each arm got',
      kind: 'query',
      permission: 'read',
      method: 'GET',
      path: '/experiments/{name}',
      input: named,
      output: experimentSchema,
      run: async ({ name }, { etag, caller }) => {
        const { json, revision } = await look(name, caller)
        etag(String(revision))
        return { ...json, revision }
      },
    }),
    operation({
      name: 'getExperimentReport',
      summary: 'The same with what each evaluation found, for a chart, and what was done by whom',
      kind: 'query',
      permission: 'read',
      method: 'GET',
      path: '/experiments/{name}/report',
      input: named,
      output: experimentReport,
      run: async ({ name }, { caller }) => {
        const { json, history } = await look(name, caller)
        const done = await audit.list({ target: auditTargetOf(name), outcome: 'done', limit: decisionsMax })
        return { ...json, history: historyJson(history), decisions: decisionsJson(done.entries) }
      },
    }),
    ...experimentDeclarations(ports),
    ...experimentChanges(ports),
  ]
}
