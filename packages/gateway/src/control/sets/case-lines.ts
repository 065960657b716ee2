import { setImmediate } from 'node:timers/promises'
import type { EvaluationCase } from '../../kernel/evaluation.ts'

/** A case as its line has it: `{"id"?, "input", "expected"?}`. */
export interface WrittenCase {
  readonly id?: string
  readonly input: unknown
  readonly expected?: unknown
}

export function lineOf({ id, input, expected }: WrittenCase): string {
  // What is undefined is left out, so that equal cases have equal lines.
  return JSON.stringify({ id, input, expected })
}

/** Characters that are parsed, written or hashed in one turn, some 2 ms: calls are served between. */
const turnCharacters = 256 * 1024

/** To be awaited after each piece of work, with its length. */
export function inTurns(): (characters: number) => Promise<void> {
  let done = 0
  return async (characters) => {
    done += characters
    if (done < turnCharacters) return
    done = 0
    await setImmediate()
  }
}

/** As JSON. */
export async function bytesOf(cases: readonly EvaluationCase[]): Promise<number> {
  const turn = inTurns()
  let bytes = 0
  for (const one of cases) {
    const text = JSON.stringify(one)
    bytes += Buffer.byteLength(text)
    await turn(text.length)
  }
  return bytes
}

/** `first` is the number of the first of these lines, from 1 on. */
export async function casesOf(lines: readonly string[], first = 1): Promise<readonly EvaluationCase[]> {
  const cases: EvaluationCase[] = []
  const turn = inTurns()
  for (const [i, line] of lines.entries()) {
    await turn(line.length)
    // As it was written by `lineOf`.
    const written: WrittenCase = JSON.parse(line)
    cases.push({ ...written, id: written.id ?? String(first + i) })
  }
  return cases
}
