import { type Document, isMap, isNode, isScalar, type Node } from 'yaml'
import type { FaultAt, Place } from './manifest.ts'

/** Faults of a parsed manifest, each with the line that its place has in the file. */
export function faultsIn(document: Document, lineAt: (offset: number) => number): FaultAt {
  return (place, message, suggestion = quoteAdvice(document, place, message)) => {
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

/** `version: 1.10` is the number 1.1 to YAML: where text is wanted, quotes are what is missing. */
function quoteAdvice(document: Document, place: Place, message: string): string | undefined {
  if (!message.startsWith('must be a string')) return undefined
  const node = document.getIn(place, true)
  return isScalar(node) && node.source ? `Quote it: "${node.source}".` : undefined
}
