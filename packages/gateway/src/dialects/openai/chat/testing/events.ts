import type { SseEvent } from '../../../dialect.ts'

/** The events of a stream's text. */
export function eventsIn(text: string): readonly SseEvent[] {
  return text
    .split('\n\n')
    .filter((block) => block !== '')
    .map((block) => ({ event: '', data: block.slice('data: '.length) }))
}
