/**
 * About how many bytes a JSON value holds in memory; past `bytesMax` it stops, so that it costs no more for what is larger. To write it as
 * JSON only to know its length would cost several times as much.
 */
export function weigh(value: unknown, bytesMax: number): number {
  const open: unknown[] = [value]
  let bytes = 0
  while (open.length > 0 && bytes <= bytesMax) {
    const present = open.pop()
    bytes += 16
    if (typeof present === 'string') bytes += present.length
    else if (Buffer.isBuffer(present)) bytes += present.length
    else if (Array.isArray(present)) bytes += openList(present, open, bytesMax)
    else if (typeof present === 'object' && present !== null) {
      for (const name in present) {
        bytes += name.length
        open.push(Reflect.get(present, name))
      }
    }
  }
  return bytes
}

/** Of a list of numbers only the first is looked at: a tensor may have a million. */
function openList(list: readonly unknown[], open: unknown[], bytesMax: number): number {
  const bytes = 8 * list.length
  if (typeof list[0] !== 'number' && bytes <= bytesMax) for (const entry of list) open.push(entry)
  return bytes
}
