import type { Caller } from '../../kernel/caller.ts'
import type { Catalog } from '../../kernel/catalog.ts'
import { AstraError } from '../../kernel/errors.ts'
import type { LimitOwner, LimitStatus, RefusedBy } from '../../kernel/limits.ts'
import { type Operation, operation } from '../../kernel/operation.ts'
import type { CallRecord } from '../../kernel/record.ts'
import type { Keyring } from '../keys/keyring.ts'
import { findCall, waitingCall } from './calls.ts'
import { explainCall, explanationSchema } from './explain-call.ts'
import { explainToCaller } from './explain-to-caller.ts'
import type { LimitOwners, OperationPorts } from './ports.ts'
import { closed, text } from './schemas.ts'

export function explainOperations(ports: OperationPorts): readonly Operation[] {
  return [
    operation({
      name: 'explainCall',
      summary:
        'Why a call ended as it did: the limit that refused it, its owner and when it frees; what was tried; what helps',
      kind: 'query',
      // Who may only infer asks about calls of its own, and learns what their answers could have told.
      permission: ['read', 'infer'],
      method: 'GET',
      path: '/calls/{id}/explain',
      input: closed({ id: text('Id of the call', 64) }),
      output: explanationSchema,
      run: async ({ id }, { caller }) => {
        const whole = caller.permissions.has('read')
        const call = whole ? await findCall(id, ports) : await ownCall(id, caller, ports)
        const now = call.refusedBy && (await presentOf(call.refusedBy, ports))
        return whole ? explainCall(call, await ports.reports.feedback(call.id), now) : explainToCaller(call, now)
      },
    }),
  ]
}

/** Another's call is as unknown as one that never was: else ids could be probed. Whoever holds a token sees that token's key's calls. */
async function ownCall(id: string, caller: Caller, { limits, pending, reports }: OperationPorts): Promise<CallRecord> {
  // Keys that infer are many, and no limit of theirs counts what is asked here.
  await limits.admitQuestion(caller)
  // Nor may they make the store write sooner: what waits there is told from memory.
  const call = pending.recentRecord(id) ?? (await reports.call(id))
  const isOwn = call?.consumer === caller.consumer && (caller.token === undefined || call.keyId === caller.keyId)
  if (isOwn) return call
  if (!call && pending.recentCall(id)?.consumer === caller.consumer) throw waitingCall(id)
  throw new AstraError('unknown_call', {
    detail: `There is no call "${id}" of yours`,
    next: 'Ask by the id in the header Astra-Call-Id of its answer, with a key of the consumer that called, or with the token itself.',
  })
}

/** How the bound that refused a call stands now; undefined where it is no more, or cannot be asked. */
async function presentOf(
  { owner, kind }: RefusedBy,
  { catalogControl, keyring, limits }: OperationPorts,
): Promise<LimitStatus | undefined> {
  const owners = ownersOf(owner, catalogControl.current(), keyring)
  const found = owners && (await limits.look(owners).catch(() => undefined))
  return found?.find((one) => one.kind === kind && one.owner.kind === owner.kind)
}

function ownersOf(
  { kind, name }: LimitOwner,
  catalog: Catalog,
  keyring: Pick<Keyring, 'get'>,
): LimitOwners | undefined {
  if (kind === 'key') {
    const key = keyring.get(name)
    return key && { key }
  }
  if (kind !== 'version') return { [kind]: name }
  const [, model = '', major, id = ''] = /^(.+)@v(\d+)\/(.+)$/.exec(name) ?? []
  const version = catalog.model(model)?.contracts.get(Number(major))?.versions.get(id)
  return version && { version }
}
