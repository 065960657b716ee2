import type { ExperimentRun } from '../kernel/experiment.ts'

/** Between the name, which can't hold it, and the start. */
const sign = '@'

/** One text for an experiment and its start: what evidence is kept by. */
export function runKey({ experiment, startedAt }: ExperimentRun): string {
  return startedAt === undefined ? experiment : `${experiment}${sign}${startedAt}`
}

export function runOf(key: string): ExperimentRun {
  const at = key.lastIndexOf(sign)
  return at === -1 ? { experiment: key } : { experiment: key.slice(0, at), startedAt: Number(key.slice(at + 1)) }
}

/** Of all of one name: those of which the key is the name, or is from the first of these (inclusive) to the second (exclusive). */
export function runsOfName(name: string): readonly [from: string, to: string] {
  return [`${name}${sign}`, `${name}${String.fromCharCode(sign.charCodeAt(0) + 1)}`]
}
