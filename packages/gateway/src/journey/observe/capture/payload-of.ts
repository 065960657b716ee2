import type { CapturePolicy } from '../../../kernel/contract-policies.ts'
import type { Observation } from '../../../kernel/observation.ts'
import type { PayloadOutput, StoredPayload } from '../../../kernel/payload.ts'
import { type Holes, holesIn } from '../pointers.ts'
import { type ReadOutput, readInputs, readOutputs } from '../said.ts'
import { masked } from './patterns.ts'
import { redacted, redactedMark } from './redact.ts'

/** Of what was asked, and of what was answered, as JSON. */
export const payloadBytesMax = 64 * 1024

/** What is kept of a call, redacted where the policy says so; or why nothing is. */
export function payloadOf(seen: Observation, policy: CapturePolicy): StoredPayload | 'too-large' | 'form' {
  const inputs = readInputs(seen)
  if (typeof inputs === 'string') return inputs
  const outputs = readOutputs(seen.said)
  if (typeof outputs === 'string') return outputs
  const told = outputs.map(toldOf)
  const hides = policy.payload === 'redacted' ? hidingOf(policy) : undefined
  const [asked, answered] = [
    within(hides ? inputs.map((input) => redacted(input, hides.input)) : inputs),
    within(hides ? told.map((one) => hidden(one, hides.output)) : told),
  ]
  if (asked === undefined || answered === undefined) return 'too-large'
  const named = nameOf(seen)
  return {
    callId: seen.record.id,
    ...named,
    redacted: hides !== undefined,
    until: named.time + policy.keepMs,
    inputs: asked,
    outputs: answered,
  }
}

/** By what payloads are deleted. */
export function nameOf({ contract: { model, major }, version, record }: Observation) {
  return { time: record.time, model, major, version: record.versionServed ?? version.id }
}

interface Hiding {
  readonly input: Holes
  readonly output: Holes
}

const hidings = new WeakMap<CapturePolicy, Hiding>()

function hidingOf(policy: CapturePolicy): Hiding {
  const known = hidings.get(policy)
  if (known) return known
  const { redact = [] } = policy
  const hiding = { input: holesIn('input', redact), output: holesIn('output', redact) }
  hidings.set(policy, hiding)
  return hiding
}

function toldOf(one: ReadOutput): PayloadOutput {
  return 'error' in one ? { error: one.error.code } : one
}

/** In the words of a stream nobody can tell what a pointer names: where one is declared, all of them go. */
function hidden(one: PayloadOutput, holes: Holes): PayloadOutput {
  if ('error' in one) return one
  if ('text' in one) return { text: holes.length > 0 ? redactedMark : masked(one.text) }
  return { output: redacted(one.output, holes) }
}

function within(list: readonly unknown[]): string | undefined {
  const text = JSON.stringify(list)
  return Buffer.byteLength(text) > payloadBytesMax ? undefined : text
}
