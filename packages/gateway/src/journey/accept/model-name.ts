import type { Catalog, Contract } from '../../kernel/catalog.ts'
import { AstraError } from '../../kernel/errors.ts'

/** These protocols have one name where a contract has a model and a major: "spam" is its default major, "spam@v2" says which. */
export function readModelName(text: string): { readonly model: string; readonly major: number | undefined } {
  const at = text.indexOf('@')
  if (at < 0) return { model: text, major: undefined }
  const model = text.slice(0, at)
  const [, major] = /^v([1-9]\d{0,3})$/.exec(text.slice(at + 1)) ?? []
  if (major !== undefined) return { model, major: Number(major) }
  throw new AstraError('unknown_major', {
    detail: `"${text.slice(0, 64)}" names no major version`,
    next: 'Write it like spam@v1, or leave it out for the default.',
  })
}

/** The shortest name that `readModelName` reads as this contract. */
export function modelNameOf({ model, major }: Contract, catalog: Catalog): string {
  return catalog.model(model)?.defaultMajor === major ? model : `${model}@v${major}`
}
