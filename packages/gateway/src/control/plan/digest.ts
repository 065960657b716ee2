import { hash } from 'node:crypto'

/** "sha256:…" of a JSON value, whatever the order of its keys. */
export function digestOf(value: unknown): string {
  return `sha256:${hash('sha256', canonical(value))}`
}

/** JSON with the keys of every object sorted; fields that are undefined are left out, as JSON.stringify does. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  )
}
