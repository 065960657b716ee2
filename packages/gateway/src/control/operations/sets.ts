import Type from 'typebox'
import type { Caller } from '../../kernel/caller.ts'
import {
  type CaseSet,
  caseIdCharactersMax,
  setNameCharactersMax,
  setNamePattern,
  setNameWords,
} from '../../kernel/case-set.ts'
import { AstraError } from '../../kernel/errors.ts'
import { casesMax } from '../../kernel/evaluation.ts'
import { type Operation, operation } from '../../kernel/operation.ts'
import { mayChangeSet, mayReadSet, setForbidden } from './bound-models.ts'
import type { OperationPorts } from './ports.ts'
import { closed, count, isoTime, listOf, text, time } from './schemas.ts'

const name = Type.String({
  maxLength: setNameCharactersMax,
  // No pattern: a refusal would say it as it stands.
  description: `Name of the set: ${setNameWords}`,
})

const set = {
  name: Type.String(),
  digest: text('"sha256:…" over its cases: the same cases have the same'),
  cases: count,
  expected: Type.Integer({ minimum: 0, description: 'Of them those with a truth' }),
  bytes: Type.Integer({ minimum: 0, description: 'As JSON Lines' }),
  time,
  by: text('The key that put it'),
}

const fields = {
  input: Type.Unknown({ description: "As the contract's input schema has it" }),
  expected: Type.Optional(Type.Unknown({ description: 'The truth, or a part of it: of a classification its label' })),
}
const idText = 'Its line where it has none of its own'

const pageMax = 1000

export function setOperations({ sets, evaluations, catalogControl }: OperationPorts): readonly Operation[] {
  const requireChange = async (name: string, caller: Caller) => {
    const known = caller.models && (await sets.list()).find((set) => set.name === name)
    if (known && !mayChangeSet(known, caller, catalogControl.current())) throw setForbidden(name)
  }
  return [
    operation({
      name: 'listCaseSets',
      summary: 'The sets of cases that versions can be evaluated on',
      kind: 'query',
      permission: 'read',
      method: 'GET',
      path: '/sets',
      input: closed({}),
      output: closed({ sets: listOf(closed(set)) }),
      run: async (_, { caller }) => {
        const catalog = catalogControl.current()
        return { sets: (await sets.list()).filter((set) => mayReadSet(set, caller, catalog)).map(setOut) }
      },
    }),
    operation({
      name: 'getCaseSet',
      summary: 'A set of cases, page by page',
      kind: 'query',
      // Its cases may be what people wrote.
      permission: 'operate',
      method: 'GET',
      path: '/sets/{name}',
      input: closed({
        name,
        from: Type.Optional(Type.Integer({ minimum: 0, description: 'How many cases to pass over' })),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: pageMax, description: 'Default 100' })),
      }),
      output: closed({
        ...set,
        page: listOf(closed({ id: text(idText), ...fields })),
        next: Type.Optional(Type.Integer({ description: 'Give it as "from" for the next page; left out on the last' })),
      }),
      run: async ({ name, from = 0, limit = 100 }, { caller }) => {
        const { set, cases } = await sets.page(name, from, limit)
        if (!mayReadSet(set, caller, catalogControl.current())) throw setForbidden(name)
        const next = from + cases.length
        return { ...setOut(set), page: cases, ...(next < set.cases && cases.length > 0 ? { next } : {}) }
      },
    }),
    operation({
      name: 'putCaseSet',
      summary: 'Keeps cases under a name, in place of those that are kept under it',
      kind: 'mutation',
      permission: 'operate',
      method: 'PUT',
      path: '/sets/{name}',
      input: closed({
        name,
        cases: listOf(
          closed({ id: Type.Optional(Type.String({ minLength: 1, maxLength: caseIdCharactersMax })), ...fields }),
          { minItems: 1, maxItems: casesMax },
        ),
      }),
      output: closed(set),
      // Never the cases themselves: the log cannot forget.
      audit: (_, output) => output,
      run: async ({ name, cases }, { caller }) => {
        requireName(name)
        await requireChange(name, caller)
        return setOut(await sets.put(name, cases, caller.keyId))
      },
    }),
    operation({
      name: 'deleteCaseSet',
      summary: 'Deletes a set of cases, and what reports of evaluations quote of it; refused while a gate names it',
      kind: 'mutation',
      permission: 'operate',
      method: 'DELETE',
      path: '/sets/{name}',
      input: closed({ name }),
      output: closed({ name: Type.String() }),
      run: async ({ name }, { caller }) => {
        await requireChange(name, caller)
        await sets.remove(name)
        await evaluations.forgetSet(name)
        return { name }
      },
    }),
  ]
}

const namePattern = new RegExp(setNamePattern)

function requireName(name: string): void {
  if (namePattern.test(name)) return
  const violations = [{ path: '/name', message: `must be made of ${setNameWords}` }]
  throw new AstraError('invalid_input', { detail: `/name ${violations[0]?.message}`, violations })
}

function setOut({ time, ...rest }: CaseSet) {
  return { ...rest, time: isoTime(time) }
}
