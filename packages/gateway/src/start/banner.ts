import type { Catalog } from '../kernel/catalog.ts'
import { quote } from './command-line.ts'
import type { NotServed } from './replica-facts.ts'

/** What a person reads when the gateway has started: where it is, where the admin key lies, and a call that works. */
export function bannerLines(facts: {
  readonly url: string
  readonly adminUrl?: string | undefined
  readonly adminKeyPath: string | undefined
  readonly demoKey: string | undefined
  readonly catalog: Catalog
  readonly startMs: number
  readonly notServed?: readonly NotServed[]
}): readonly string[] {
  const { url, adminUrl, adminKeyPath, demoKey, catalog, startMs, notServed = [] } = facts
  const models = catalog.modelNames()
  const lines = [
    `AstraAPI is ready at ${url} after ${(startMs / 1000).toFixed(1)} s: ${models.length} models, catalog revision ${catalog.revision}.`,
    adminKeyPath === undefined ? 'The admin key is the one in ASTRA_ADMIN_KEY.' : `The admin key is in ${adminKeyPath}`,
  ]
  if (adminUrl !== undefined) lines.push(`Management is served at ${adminUrl} alone.`)
  for (const { version, reason } of notServed) lines.push(`Not served: ${version}: ${reason}`)
  if (models.length === 0) lines.push('Nothing is deployed yet: write astra.yaml, then "astraapi apply".')
  const example = demoKey === undefined ? undefined : firstExample(catalog)
  if (example) {
    const { path, input } = example
    lines.push(
      'Try it, with a demo key that may only infer:',
      '',
      `  curl -s ${url}${path} -H ${quote(`Authorization: Bearer ${demoKey}`)} -H 'Content-Type: application/json' -d ${quote(JSON.stringify({ input }))}`,
      '',
    )
  }
  return lines
}

function firstExample(catalog: Catalog): { readonly path: string; readonly input: unknown } | undefined {
  // In the order of the manifest: what its author put first.
  for (const name of Object.keys(catalog.state.models)) {
    for (const { major, examples, split } of catalog.model(name)?.contracts.values() ?? []) {
      const [example] = examples
      if (example && split.length > 0) return { path: `/models/${name}/v${major}/predict`, input: example.input }
    }
  }
  return undefined
}
