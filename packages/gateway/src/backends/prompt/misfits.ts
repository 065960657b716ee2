import type { ContractRevision } from '../../kernel/catalog.ts'
import type { Violation } from '../../kernel/errors.ts'
import { explain } from '../../kernel/schema/explain.ts'
import { didYouMean } from '../../kernel/schema/nearest.ts'
import { type Provider, type ProviderName, providers } from '../provider/providers.ts'
import { schemaLack } from './portable-schema.ts'
import type { PromptSettings } from './settings.ts'
import { leavesSchema, parseTemplate, placeholdersOf } from './template.ts'

/** What is wrong with the texts by themselves. */
export function textFault({ system = '', prompt }: PromptSettings): Violation | undefined {
  const parsed = parseTemplate(prompt)
  if ('fault' in parsed) return { path: 'prompt', message: parsed.fault }
  if (placeholdersOf(parsed.template).length === 0) {
    return { path: 'prompt', message: 'has no placeholder: every input would get the same answer; write {{input}}' }
  }
  // A model believes this message more than any other: nothing that a caller sends may stand there.
  if (system.includes('{{')) {
    return { path: 'system', message: 'takes no placeholder ("{{"): what comes from callers belongs into "prompt"' }
  }
  return undefined
}

/** Where the settings do not fit the contract, by JSON Pointers. */
export function misfits(settings: PromptSettings, { input, output }: ContractRevision): readonly Violation[] {
  const { examples = [], prompt } = settings
  const parsed = parseTemplate(prompt)
  const strangers = 'fault' in parsed ? [] : placeholdersOf(parsed.template)
  return [
    ...strangers.flatMap(({ path }) => {
      const known = leavesSchema(input, path)
      if (!known) return []
      const name = path.at(-1) ?? ''
      return [
        { path: '/prompt', message: `names no field of the input: ${path.join('.')}`, ...didYouMean(name, known) },
      ]
    }),
    ...examples.flatMap((example, n) => [
      ...explain(input, example.input, `/examples/${n}/input`),
      ...explain(output, example.output, `/examples/${n}/output`),
    ]),
    ...formMisfits(settings, output),
  ]
}

function formMisfits(
  { structured, upstream, reasoning }: PromptSettings,
  output: ContractRevision['output'],
): Violation[] {
  const lack = structured === 'schema' ? schemaLack(output) : undefined
  const found: Violation[] = []
  if (lack !== undefined) {
    const message = `no vendor can hold an answer to this contract's output: ${lack}`
    found.push({ path: '/structured', message, suggestion: 'Write "structured: text".' })
  }
  if (structured === 'json' && !hasJsonMode(upstream)) {
    const message = 'has no use: this upstream knows JSON by a schema only'
    found.push({ path: '/structured', message, suggestion: 'Leave it out, or write "structured: text".' })
  }
  if (reasoning !== undefined && upstream.backend === 'oip') {
    const message = 'cannot be passed on to the backend oip'
    found.push({ path: '/reasoning', message, suggestion: 'Leave it out.' })
  }
  return found
}

/** An upstream without it refuses every call. */
function hasJsonMode({ backend, provider }: PromptSettings['upstream']): boolean {
  if (backend === 'anthropic') return false
  if (backend !== 'provider') return true
  const { drops }: Provider = providers[provider as ProviderName]
  return !drops.includes('jsonMode')
}
