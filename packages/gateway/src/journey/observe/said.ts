import { dialects } from '../../dialects/dialects.ts'
import type { Item, WholeAnswer } from '../../kernel/answer.ts'
import type { Call } from '../../kernel/call.ts'
import type { AstraError } from '../../kernel/errors.ts'
import type { Observable, Said } from '../../kernel/observation.ts'
import { weigh } from './weigh.ts'

/** Of longer answers, and of longer requests, nothing is read. */
export const saidBytesMax = 64 * 1024
export const inputsBytesMax = 256 * 1024

export function saidBy({ items, relayed }: WholeAnswer, { wire }: Call): Said {
  if (!relayed) return { form: 'items', items }
  return wire ? { form: 'relayed', bytes: relayed, dialect: wire.dialect } : { form: 'none', why: 'form' }
}

/** The same, or that it is too long: what may be kept of it for a while. */
export function bounded(said: Said): Said {
  const content = said.form === 'items' ? said.items : said.form === 'relayed' ? said.bytes : undefined
  return weigh(content, saidBytesMax) > saidBytesMax ? { form: 'none', why: 'too-large' } : said
}

/** One item's result, in canonical form; of a stream only what it said is known, as one text. */
export type ReadOutput =
  | { readonly output: unknown }
  | { readonly text: string }
  /** The item failed. */
  | { readonly error: AstraError }

/**
 * One an input, in their order; or why there is none. It reads upstream's own bytes, so it is for a turn of its own, and costs no more
 * than 64 KB do.
 */
export function readOutputs(said: Said): readonly ReadOutput[] | 'too-large' | 'form' {
  const within = bounded(said)
  switch (within.form) {
    case 'none':
      return within.why
    case 'text':
      return [{ text: within.text }]
    case 'items':
      return within.items
    case 'relayed':
      return readRelayed(within) ?? 'form'
  }
}

type Relayed = Extract<Said, { form: 'relayed' }>

const read = new WeakMap<Relayed, { readonly items: readonly Item[] | undefined }>()

/** Undefined where they cannot be read. Of one answer that is done once, however many observers ask: what is given is not to be changed. */
export function readRelayed(said: Relayed): readonly Item[] | undefined {
  const known = read.get(said)
  if (known) return known.items
  const items = itemsOf(said)
  read.set(said, { items })
  return items
}

function itemsOf({ dialect, bytes }: Relayed): readonly Item[] | undefined {
  try {
    return dialects[dialect].ask.readAnswer(JSON.parse(bytes.toString())).items
  } catch {
    return undefined
  }
}

/** One an item, as the contract's schema has them, at the places of the caller's list; or why there is none. As `readOutputs` is. */
export function readInputs({
  call: { wire, inputs },
}: Pick<Observable, 'call'>): readonly unknown[] | 'too-large' | 'form' {
  const tooLarge = wire ? wire.bytes.length > inputsBytesMax : weigh(inputs, inputsBytesMax) > inputsBytesMax
  if (tooLarge) return 'too-large'
  if (!wire) return inputs
  try {
    return wire.canonical()
  } catch {
    return 'form'
  }
}
