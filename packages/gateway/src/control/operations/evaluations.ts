import type { Caller } from '../../kernel/caller.ts'
import { AstraError } from '../../kernel/errors.ts'
import { type Operation, operation } from '../../kernel/operation.ts'
import { evaluationJson, evaluationRowJson } from './evaluation-json.ts'
import {
  evaluationFilter,
  evaluationId,
  evaluationRow,
  evaluationSchema,
  wantedEvaluation,
} from './evaluation-schemas.ts'
import { wantedOf } from './evaluation-wanted.ts'
import type { OperationPorts } from './ports.ts'
import { closed, listOf } from './schemas.ts'

export function evaluationOperations(ports: OperationPorts): readonly Operation[] {
  const { evaluations } = ports
  return [
    operation({
      name: 'createEvaluation',
      summary:
        'Asks a version a set of cases in the background, held against the truth, another version, or what was answered then',
      kind: 'mutation',
      permission: 'operate',
      method: 'POST',
      path: '/evaluations',
      input: wantedEvaluation,
      output: evaluationRow,
      // The cases may be anybody's data.
      audit: ({ cases, ...wanted }, output) => ({ ...wanted, cases: output?.cases ?? cases?.length }),
      auditTarget: (_, output) => `/evaluations/${output?.id ?? ''}`,
      run: async (asked, { caller }) => {
        const evaluation = await evaluations.create(await wantedOf(asked, caller.keyId, ports))
        return evaluationRowJson(evaluation, evaluations.progress(evaluation.id))
      },
    }),
    operation({
      name: 'listEvaluations',
      summary: 'Evaluations of versions, the newest first; the latest 200 are kept',
      kind: 'query',
      permission: 'read',
      method: 'GET',
      path: '/evaluations',
      input: evaluationFilter,
      output: closed({ evaluations: listOf(evaluationRow) }),
      run: async ({ limit = 50, ...rest }) => {
        const rows = await evaluations.list({ ...rest, limit })
        return { evaluations: rows.map((row) => evaluationRowJson(row, evaluations.progress(row.id))) }
      },
    }),
    operation({
      name: 'getEvaluation',
      summary: 'An evaluation: how far it is, and when it has ended its report',
      kind: 'query',
      permission: 'read',
      method: 'GET',
      path: '/evaluations/{id}',
      input: evaluationId,
      output: evaluationSchema,
      run: async ({ id }, { caller }) => {
        const evaluation = (await evaluations.evaluation(id)) ?? unknown(id)
        return evaluationJson(evaluation, evaluations.progress(id), mayReadPayloads(caller))
      },
    }),
    operation({
      name: 'cancelEvaluation',
      summary: 'Ends an evaluation with what it has; one that has ended stays as it is',
      kind: 'mutation',
      permission: 'operate',
      method: 'POST',
      path: '/evaluations/{id}/cancel',
      input: evaluationId,
      output: evaluationRow,
      audit: ({ id }, output) => ({ id, ...(output ? { status: output.status } : {}) }),
      run: async ({ id }) => {
        const { report: _, ...row } = (await evaluations.cancel(id)) ?? unknown(id)
        return evaluationRowJson(row, evaluations.progress(id))
      },
    }),
  ]
}

/** Those who may change what is deployed may see what it is tested with. */
function mayReadPayloads({ permissions }: Caller): boolean {
  return permissions.has('operate')
}

function unknown(id: string): never {
  throw new AstraError('unknown_evaluation', { detail: `There is no evaluation "${id}"` })
}
