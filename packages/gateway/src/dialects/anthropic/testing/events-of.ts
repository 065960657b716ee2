import type { SseEvent } from '../../dialect.ts'

/** The events of a text as this protocol writes them; throws at any other form. */
export function eventsOf(text: string): SseEvent[] {
  const parts = text.split('\n\n')
  if (parts.pop() !== '') throw new Error('the last event is not closed')
  return parts.map((part) => {
    const match = /^event: (?<event>\w+)\ndata: (?<data>[^\n]*)$/.exec(part)
    if (!match?.groups) throw new Error(`no event: ${part}`)
    return { event: match.groups.event ?? '', data: match.groups.data ?? '' }
  })
}
