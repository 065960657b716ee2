import type { Backend, Relay } from '../../kernel/backend.ts'
import type { Version } from '../../kernel/catalog.ts'
import { AstraError } from '../../kernel/errors.ts'
import type { WireRequest } from '../../kernel/wire.ts'
import { canonicalInputs } from '../assign/fit-inputs.ts'
import type { ChargedCall } from '../charge/in-flight.ts'
import { holdOutput } from './hold-output.ts'
import type { Fleet } from './replicas/fleet.ts'
import type { ReplicaGroup } from './replicas/group.ts'
import type { Member } from './replicas/member.ts'

/** One version on a call's way: how it is asked, and which of its replicas were. */
export interface Leg {
  readonly version: Version
  readonly backend: Backend
  /** Where the request goes in its own bytes; else `inputs` do. */
  readonly relay: Relayed | undefined
  readonly inputs: readonly unknown[]
  readonly replicas: ReplicaGroup
  /** By the name that prices have for it; undefined where no model runs. */
  readonly upstreamModel: string | undefined
  tried: readonly Member[]
  /** An attempt failed that may have run: the one repeat it allows is used up. */
  repeated: boolean
  /** While the repeat of a failed answer is made. */
  doubt: Doubt | undefined
}

/** A failed answer whose replica is to blame, unless the repeat elsewhere fails as well. */
export interface Doubt {
  readonly member: Member
  readonly error: AstraError
}

export interface Relayed {
  readonly by: Relay
  readonly wire: WireRequest
}

export interface LegPorts {
  readonly backends: ReadonlyMap<string, Backend>
  readonly fleet: Pick<Fleet, 'groupOf'>
}

const noMembers: readonly Member[] = []
const noInputs: readonly unknown[] = []

export function legOf(charged: ChargedCall, version: Version, { backends, fleet }: LegPorts): Leg {
  const backend = backends.get(version.state.backend)
  if (!backend) throw new AstraError('internal', { reason: `no backend named ${version.state.backend}` })
  const relay = relayOf(charged, version, backend)
  const { wire } = charged.call
  // What no model need be asked is never put to one in other words: that would be a generation, and paid for.
  if (wire?.here && !relay) {
    throw new AstraError('unsupported', { reason: `backend ${backend.name} does not speak ${wire.dialect}` })
  }
  const inputs = relay ? noInputs : inputsOf(charged)
  if (charged.call.stream && !relay && !(backend.stream && inputs.length === 1)) {
    throw new AstraError('unsupported', {
      detail: `Version ${version.id} cannot stream this`,
      next: 'Ask for a whole answer.',
      reason: `backend ${backend.name} cannot stream ${inputs.length} inputs`,
    })
  }
  return {
    version,
    backend,
    relay,
    inputs,
    replicas: fleet.groupOf(version),
    upstreamModel: wire?.here ? undefined : backend.upstreamModel?.(version.state.settings),
    tried: noMembers,
    repeated: false,
    doubt: undefined,
  }
}

function relayOf({ call: { wire } }: ChargedCall, version: Version, { relay }: Backend): Relayed | undefined {
  return wire && relay?.speaks(version, wire.dialect) ? { by: relay, wire } : undefined
}

/** A fallback may need the canonical form of what was to be relayed. Throws `invalid_input` or `unsupported` where it has none. */
function inputsOf({ way, call, contract, inputs }: ChargedCall): readonly unknown[] {
  return holdOutput(
    call.wire && way === 'relay' ? canonicalInputs(call.wire.canonical(), call, contract) : inputs,
    contract,
  )
}
