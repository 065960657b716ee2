import { type Document, isMap, isNode, isScalar, type Node } from 'yaml'
import type { FaultAt, Place } from './manifest.ts'

/** Faults of a parsed manifest, each with the line that its place has in the file. */
export function faultsIn(document: Document, lineAt: (offset: number) => number): FaultAt {
  return (place, message, suggestion = advice(document, place, message)) => {
    const range = rangeOf(document, place)
    return {
      path: place.join('.'),
      message,
      ...(suggestion === undefined ? {} : { suggestion }),
      ...(range ? { line: lineAt(range[0]) } : {}),
    }
  }
}

/** The key of the place where it has one, else the nearest thing around it that stands in the file. */
function rangeOf(document: Document, place: Place): Node['range'] {
  for (let depth = place.length; depth > 0; depth--) {
    const parent = document.getIn(place.slice(0, depth - 1), true)
    const last = place[depth - 1]
    const pair = isMap(parent) ? parent.items.find(({ key }) => isScalar(key) && key.value === last) : undefined
    const node = pair?.key ?? document.getIn(place.slice(0, depth), true)
    if (isNode(node) && node.range) return node.range
  }
  return document.contents?.range
}

/** What a plain value was likely meant to be, where the fault itself says nothing; the first row that knows. */
const rows: readonly ((fault: Misread) => string | undefined)[] = [
  // `version: 1.10` is the number 1.1 to YAML: where text is wanted, quotes are what is missing.
  ({ message, source }) => (message.startsWith('must be a string') ? `Quote it: "${source}".` : undefined),
  ({ message, source, place }) => {
    const [, percents] = /^(\d+(?:\.\d+)?) ?%$/.exec(source) ?? []
    if (!message.startsWith('must be a number') || percents === undefined) return undefined
    // Weights and arms' shares are parts of whatever they add up to.
    const relative = place.includes('weights') || place.includes('shares')
    return `Write ${relative ? Number(percents) : Number((Number(percents) / 100).toPrecision(12))}.`
  },
  // As limits are written beside it: "20/day", "USD 20".
  ({ message, source, place }) => {
    const [, usd, period = 'day'] =
      /^(?:USD ?|\$ ?)?(\d+(?:\.\d+)?)(?: ?(?:USD|\$))?(?: ?\/ ?(day|month))?$/i.exec(source) ?? []
    if (place.at(-1) !== 'budget' || !message.startsWith('must be an object')) return undefined
    return `Write { ${period.toLowerCase()}: ${usd ?? 20} }.`
  },
  ({ message, source }) =>
    quotedNumber.test(message) && number.test(source) ? `Write ${source}, without quotes.` : undefined,
]

interface Misread {
  readonly place: Place
  readonly message: string
  /** As the file has it, without quotes. */
  readonly source: string
}

const number = /^-?\d+(?:\.\d+)?$/
const quotedNumber = /^must be a (?:whole )?number, not a string/

function advice(document: Document, place: Place, message: string): string | undefined {
  const node = document.getIn(place, true)
  if (!isScalar(node) || !node.source) return undefined
  const misread = { place, message, source: node.source.trim() }
  return rows.map((row) => row(misread)).find((told) => told !== undefined)
}
