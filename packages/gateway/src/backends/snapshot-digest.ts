import { createHash } from 'node:crypto'

/** Stands for a model at a vendor ("openai/gpt-4o-2024-08-06") where its name does; undefined for a name that may be given to another model. */
export function snapshotDigest(upstreamModel: string): string | undefined {
  if (!isDated(upstreamModel)) return undefined
  return `sha256:${createHash('sha256').update(upstreamModel).digest('hex')}`
}

/**
 * Vendors never give a name that ends in a date to another model: gpt-4o-2024-08-06, claude-sonnet-4-20250514,
 * command-a-03-2025, and with Bedrock's revision anthropic.claude-sonnet-4-5-20250929-v1:0.
 */
const endings: readonly RegExp[] = [
  /[-@:](?<year>20\d\d)(?<dash>-?)(?<month>\d\d)\k<dash>(?<day>\d\d)(?:-v\d+(?::\d+)?)?$/,
  /-(?<month>\d\d)-(?<year>20\d\d)$/,
]

function isDated(name: string): boolean {
  return endings.some((ending) => {
    const { year, month, day = '01' } = ending.exec(name)?.groups ?? {}
    return isDate(Number(year), Number(month), Number(day))
  })
}

/** Other numbers stand at the end of names, too. */
function isDate(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day))
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day
}
