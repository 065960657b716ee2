import { encodeInferRequest } from '@astraapi/oip'
import type { Item } from '../../kernel/answer.ts'
import type { AttemptSignal } from '../../kernel/attempt-signal.ts'
import type { AttemptContext } from '../../kernel/backend.ts'
import { AstraError } from '../../kernel/errors.ts'
import type { Reply } from '../http/reply.ts'
import type { Batch } from './batches.ts'
import { tensorHeaders } from './call-headers.ts'
import { readItems } from './read-items.ts'
import { refusal } from './reply.ts'
import type { Route } from './route.ts'
import type { Upstream } from './upstream.ts'

export type Inferred =
  | { readonly items: readonly Item[]; readonly reply: Reply }
  /** Upstream answered that it did not do it. */
  | { readonly refused: AstraError }

/** One request. Rejects with AstraErrors, or with the signal's reason once it aborts. */
export async function infer(
  upstream: Upstream,
  route: Route,
  batch: Batch,
  context: AttemptContext,
): Promise<Inferred> {
  const binary =
    paysInBinary(route, batch) && (upstream.binary.spoken ?? (await findOut(upstream, route, context.signal)))
  if (!binary && route.binaryOnly) throw cannotCarry(upstream)
  const { body, headerLength } = encodeInferRequest({ inputs: batch.tensors, binary })
  const reply = await upstream.send(route.path, body, tensorHeaders(context, headerLength), context.signal)
  if (reply.status !== 200) return { refused: refusal(reply) }
  return { items: readItems(route.signature, reply, batch.places.length), reply }
}

/** Numbers that a request and its response carry together before binary costs less than JSON, as measured. */
const binaryNumbersMin = 32

function paysInBinary({ binaryOnly, outputNumbers }: Route, { tensors, places }: Batch): boolean {
  if (binaryOnly) return true
  let numbers = outputNumbers * places.length
  for (const { datatype, data } of tensors) if (datatype !== 'BYTES') numbers += data.length
  return numbers >= binaryNumbersMin
}

/** Only who has no other way waits for it; the others speak JSON until it is known. */
async function findOut(upstream: Upstream, { binaryOnly }: Route, signal: AttemptSignal): Promise<boolean> {
  if (binaryOnly) return await upstream.binary.learn(signal)
  upstream.binary.learnLater()
  return false
}

function cannotCarry({ replica }: Upstream): AstraError {
  const reason = `${replica} does not take tensors in binary, without which FP16 and BF16 cannot be carried`
  return new AstraError('upstream_unavailable', { reason })
}
