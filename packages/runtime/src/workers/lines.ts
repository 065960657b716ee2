import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'

const LINE_CHARS_MAX = 1000
const LINES_PER_SECOND_MAX = 50

/**
 * Hands out what a process prints, line by line: the first 1,000 characters of each, and at most 50 lines a second.
 * What is beyond that is read, so that the process is not held up, and dropped, but counted in a line of its own.
 */
export function readLines(
  stream: Readable | null,
  onLine: (line: string) => void,
  now: () => number = () => performance.now(),
): void {
  const decoder = new StringDecoder()
  let line = ''
  let lines = 0
  let dropped = 0
  let second = now()

  const add = (text: string) => {
    const taken = lines < LINES_PER_SECOND_MAX ? text.slice(0, LINE_CHARS_MAX - line.length) : ''
    line += taken
    dropped += text.length - taken.length
  }
  const endLine = () => {
    if (line !== '') onLine(line)
    line = ''
    lines += 1
  }
  const tellDropped = () => {
    if (dropped > 0) onLine(`… and ${dropped} characters more, which were dropped`)
    dropped = 0
  }

  stream?.on('data', (chunk: Buffer) => {
    if (now() - second >= 1000) {
      tellDropped()
      second = now()
      lines = 0
    }
    const text = decoder.write(chunk)
    let at = 0
    while (lines < LINES_PER_SECOND_MAX) {
      const end = text.indexOf('\n', at)
      if (end === -1) break
      add(text.slice(at, end))
      endLine()
      at = end + 1
    }
    add(text.slice(at))
  })
  stream?.on('end', () => {
    endLine()
    tellDropped()
  })
}
