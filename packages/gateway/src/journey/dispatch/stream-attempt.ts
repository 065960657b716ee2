import type { StreamEvent } from '../../kernel/answer.ts'
import type { AttemptContext, BackendEvent, RelayEvent } from '../../kernel/backend.ts'
import type { Clock } from '../../kernel/clock.ts'
import { AstraError } from '../../kernel/errors.ts'
import type { ChargedCall } from '../charge/in-flight.ts'
import type { Attempts, Try } from './attempts.ts'
import { checkChunk } from './check-output.ts'
import { Preamble } from './preamble.ts'
import { watchSilence } from './silence.ts'
import { wordsOfChunk } from './usage/text-sample.ts'

/**
 * One attempt at a streamed answer, as what may go out to the caller. One that failed before any of that, so that another is to be
 * made, ends without an event; one that answered ends with `answer-end`.
 */
export async function* streamAttempt(
  { contract }: ChargedCall,
  attempts: Attempts,
  one: Try,
  { clock }: { readonly clock: Clock },
): AsyncGenerator<StreamEvent, void> {
  const { controller } = one.open
  const { signal } = controller
  const { meter } = one
  const { words } = meter
  const preamble = new Preamble()
  const silence = watchSilence(contract.limits, clock, (error) => controller.abort(error))
  try {
    for await (const event of ask(one, attempts.context(one))) {
      if (signal.aborted) throw signal.reason
      silence.heard()
      if (event.type === 'usage') meter.told(event.usage)
      else if (event.type === 'chunk') {
        checkChunk(contract, event.chunk)
        words?.add(wordsOfChunk(event.chunk))
        attempts.content(one)
        yield event
      } else if (event.type === 'relayed') {
        words?.add(event.text)
        const bytes = preamble.pass(event)
        if (bytes) {
          attempts.content(one)
          yield { type: 'relayed', bytes }
        }
      }
      silence.wait()
    }
    silence.stop()
    // One that was aborted is not complete, however quietly it ended.
    if (signal.aborted) throw signal.reason
    attempts.answered(one)
    const bytes = preamble.rest()
    if (bytes) yield { type: 'relayed', bytes }
    yield { type: 'answer-end', usage: await meter.usage() }
  } catch (thrown) {
    attempts.failed(one, thrown)
  } finally {
    silence.stop()
    // A reader who leaves ends the generator at its `yield`, past the catch.
    attempts.left(one)
  }
}

function ask({ leg, open }: Try, context: AttemptContext): AsyncIterable<BackendEvent | RelayEvent> {
  const { version, backend, relay, inputs } = leg
  const { address } = open.member.endpoint
  if (relay) return relay.by.stream(version, address, relay.wire, context)
  if (!backend.stream) throw new AstraError('internal', { reason: `backend ${backend.name} cannot stream` })
  return backend.stream(version, address, inputs[0], context)
}
