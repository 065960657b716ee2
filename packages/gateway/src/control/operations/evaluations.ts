import Type from 'typebox'
import type { Caller } from '../../kernel/caller.ts'
import { AstraError } from '../../kernel/errors.ts'
import { evaluationsMax } from '../../kernel/evaluation.ts'
import { type Operation, operation } from '../../kernel/operation.ts'
import { requireModel } from './bound-models.ts'
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
  const { evaluations, catalogControl } = ports
  const evaluationFor = async (caller: Caller, id: string) => {
    const evaluation = (await evaluations.evaluation(id)) ?? unknown(id)
    requireModel(evaluation.model, caller, catalogControl.current())
    return evaluation
  }
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
        requireInfer(caller)
        const evaluation = await evaluations.create(await wantedOf(asked, caller, ports))
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
      run: async ({ limit = 50, ...rest }, { caller: { models } }) => {
        const rows = await evaluations.list({ ...rest, limit: models ? evaluationsMax : limit })
        const theirs = rows.filter(({ model }) => models?.has(model) ?? true).slice(0, limit)
        return { evaluations: theirs.map((row) => evaluationRowJson(row, evaluations.progress(row.id))) }
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
        const evaluation = await evaluationFor(caller, id)
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
      run: async ({ id }, { caller }) => {
        await evaluationFor(caller, id)
        const { report: _, ...row } = (await evaluations.cancel(id)) ?? unknown(id)
        return evaluationRowJson(row, evaluations.progress(id))
      },
    }),
    operation({
      name: 'deleteEvaluation',
      summary: 'Deletes an evaluation that has ended, with its report; the Records of its calls stay',
      kind: 'mutation',
      permission: 'operate',
      method: 'DELETE',
      path: '/evaluations/{id}',
      input: evaluationId,
      output: closed({ id: Type.String(), model: Type.String(), version: Type.String() }),
      audit: (_, output) => output,
      run: async ({ id }, { caller }) => {
        const { model, version } = await evaluationFor(caller, id)
        if (!(await evaluations.remove(id))) unknown(id)
        return { id, model, version }
      },
    }),
  ]
}

/** An evaluation asks the model and shows its answers: it is no way around a permission that a key lacks. */
function requireInfer({ permissions }: Caller): void {
  if (permissions.has('infer')) return
  throw new AstraError('forbidden', {
    detail: 'This key lacks the permission "infer": an evaluation asks the model',
    next: 'Take a key that may "operate" and "infer".',
  })
}

/** Those who may change what is deployed may see what it is tested with. */
function mayReadPayloads({ permissions }: Caller): boolean {
  return permissions.has('operate')
}

function unknown(id: string): never {
  throw new AstraError('unknown_evaluation', { detail: `There is no evaluation "${id}"` })
}
