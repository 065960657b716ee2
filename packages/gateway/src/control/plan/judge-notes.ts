import { versionKey } from '../../kernel/catalog.ts'
import type { CatalogState } from '../../kernel/catalog-state.ts'
import type { Judge } from '../../kernel/contract-policies.ts'
import type { FeedbackMetric } from '../../kernel/experiment.ts'
import { typesOf } from '../../kernel/schema/facets.ts'
import type { Schema } from '../../kernel/schema/schema.ts'
import { defaultComment } from '../manifest/judges.ts'
import { ownEntry } from '../manifest/own-entry.ts'
import { publishedSchemas, schemaAt } from './check-judges.ts'

const notesMax = 20

/** What is no fault and yet likely not meant: judges that may change unseen, whose word may be thrown away, and whose cost nothing bounds. */
export function judgeNotes({ models, consumers }: CatalogState): readonly string[] {
  const judged = Object.entries(models).flatMap(([model, { contracts }]) =>
    Object.entries(contracts).flatMap(([major, { judges = {}, metrics = {} }]) =>
      Object.entries(judges).map(([metric, judge]) => ({
        ...{ name: `${metric} of ${model}@v${major}`, judge, metric: ownEntry(metrics, metric) },
      })),
    ),
  )
  const found = judged.flatMap(({ name, judge, metric }) => {
    const asked = ownEntry(ownEntry(models, judge.model)?.contracts ?? {}, judge.major)
    if (!asked) return []
    const { output } = publishedSchemas(asked)
    const floats = asked.versions[judge.version]?.immutable === false
    const told = [
      floats ? `${nameOf(judge)} is not immutable, so that its measure may change unseen` : undefined,
      scaleNote(judge, metric, output),
      commentNote(judge, output),
    ]
    return told.flatMap((note) => (note === undefined ? [] : [`judge ${name}: ${note}`]))
  })
  const notes = found.slice(0, notesMax)
  if (found.length > notesMax) notes.push(`${found.length - notesMax} more notes on judges`)
  if (judged.length === 0 || consumers['astra-judge']?.limits) return notes
  const bound = 'consumers: {astra-judge: {limits: {budget: {day: 5}}}}'
  return [...notes, `nothing bounds what judges cost but their share of the calls; for a budget, add ${bound}`]
}

/** What is beyond the metric's bounds is no feedback: a judge on another scale may be asked in vain each time. */
function scaleNote(judge: Judge, metric: FeedbackMetric | undefined, output: Schema): string | undefined {
  const { type, min, max } = metric ?? {}
  const said = schemaAt(output, judge.value)
  if (type !== 'number' || min === undefined || max === undefined || !said) return undefined
  const values = (said.const === undefined ? said.enum : [said.const])?.filter((value) => typeof value === 'number')
  const [least, most] = values
    ? [Math.min(...values), Math.max(...values)]
    : [said.minimum ?? said.exclusiveMinimum, said.maximum ?? said.exclusiveMaximum]
  if (least !== undefined && most !== undefined && least >= min && most <= max) return undefined
  const scale = least === undefined && most === undefined ? 'any number' : `${least ?? '…'} to ${most ?? '…'}`
  const next = `give "${judge.value}" minimum: ${min}, maximum: ${max}, or the metric the judge's scale`
  return `it may say ${scale} where the metric takes ${min} to ${max}; what is beyond is thrown away (failed: value): ${next}`
}

/** The usual one may be missing: most judges need none. */
function commentNote({ comment }: Judge, output: Schema): string | undefined {
  if (comment === undefined || comment === '' || comment === defaultComment) return undefined
  const found = schemaAt(output, comment)
  if (found && (typesOf(found) ?? ['string']).includes('string')) return undefined
  return `its comment ${comment} is ${found ? 'no text' : 'nothing'} in the output, so that none is kept`
}

/** As a change tells it. */
export function judgesText(judges: Readonly<Record<string, Judge>>): string {
  return Object.entries(judges)
    .map(([metric, judge]) => `${metric}: ${Number((100 * judge.share).toPrecision(6))} % by ${judgeText(judge)}`)
    .join('; ')
}

function judgeText(judge: Judge): string {
  const { value, comment } = judge
  const places = [value, ...(comment === undefined ? [] : [`comment ${comment || '""'}`])]
  return `${nameOf(judge)} (${places.join(', ')})`
}

function nameOf({ model, major, version }: Judge): string {
  return versionKey(model, major, version)
}
