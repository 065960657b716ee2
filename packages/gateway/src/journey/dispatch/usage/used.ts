import type { AttemptUsage } from '../../../kernel/record.ts'
import { type AttemptEnd, attemptEnds } from '../attempt-end.ts'
import type { Try } from '../attempts.ts'

/** What an attempt that ended so used up. */
export function usedUp({ leg, meter, asked, open }: Try, end: AttemptEnd, stream: boolean): AttemptUsage {
  const { upstreamModel } = leg
  const { owed } = attemptEnds[end]
  // Whatever it ended with, what came did run.
  const ran = owed !== 'nothing' || open.firstChunkAt !== undefined || meter.refused === false
  if (!ran || !asked || meter.refused) return { upstreamModel, ran: false, usage: undefined }
  const { finish } = meter
  const usage = owed === 'answer' ? meter.usage() : meter.partial(owed === 'input')
  const used: AttemptUsage =
    finish === undefined ? { upstreamModel, ran, usage } : { upstreamModel, ran, usage, finish }
  // A stream that is left ends upstream too, and what came of it is known.
  return owed === 'input' && !stream && meter.isUnheard ? { ...used, unheard: true } : used
}
