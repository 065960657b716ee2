import type { CatalogState, Judge } from '../../kernel/catalog.ts'
import { versionKey } from '../../kernel/catalog.ts'
import { ownEntry } from '../manifest/own-entry.ts'

const notesMax = 20

/** What is no fault and yet likely not meant: judges that may change unseen, and whose cost nothing bounds. */
export function judgeNotes({ models, consumers }: CatalogState): readonly string[] {
  const judged = Object.entries(models).flatMap(([model, { contracts }]) =>
    Object.entries(contracts).flatMap(([major, { judges = {} }]) =>
      Object.entries(judges).map(([metric, judge]) => ({ name: `${metric} of ${model}@v${major}`, judge })),
    ),
  )
  const floating = judged.flatMap(({ name, judge }) => {
    const asked = ownEntry(ownEntry(models, judge.model)?.contracts ?? {}, judge.major)
    if (asked?.versions[judge.version]?.immutable !== false) return []
    return [`judge ${name}: ${nameOf(judge)} is not immutable, so that its measure may change unseen`]
  })
  const notes = floating.slice(0, notesMax)
  if (floating.length > notesMax) notes.push(`${floating.length - notesMax} more notes on judges`)
  if (judged.length === 0 || consumers['astra-judge']?.limits) return notes
  const bound = 'consumers: {astra-judge: {limits: {budget: {day: 5}}}}'
  return [...notes, `nothing bounds what judges cost but their share of the calls; for a budget, add ${bound}`]
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
