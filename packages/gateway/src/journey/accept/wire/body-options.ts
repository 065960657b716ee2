import { hash } from 'node:crypto'
import type { CallOptions } from '../../../kernel/call.ts'
import { isJsonObject } from '../../../kernel/schema/facets.ts'
import { optionsFromObject } from '../call-options.ts'
import type { BodyOptions } from './wire-door.ts'

const tagsMax = 16

/**
 * Adds what the body says to what the headers say, which wins. The protocols' fields were made for other ends and have other
 * bounds, so that what does not fit ours never fails a call: a unit's SHA-256 takes its place, and such tags are left out.
 */
export function withBodyOptions(options: CallOptions, said: BodyOptions): CallOptions {
  const unit = options.unit ?? readUnit(said.unit)
  const tags = options.tags ?? readTags(said.tags)
  if (unit === options.unit && tags === options.tags) return options
  return { ...options, ...(unit === undefined ? {} : { unit }), ...(tags === undefined ? {} : { tags }) }
}

function readUnit(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined
  return fitting({ unit: value })?.unit ?? hash('sha256', value, 'hex')
}

function readTags(value: unknown): CallOptions['tags'] {
  if (!isJsonObject(value)) return undefined
  const tags: Record<string, string> = {}
  let looked = 0
  for (const key in value) {
    if (looked++ === tagsMax) break
    Object.assign(tags, fitting({ tags: { [key]: value[key] } })?.tags)
  }
  return Object.keys(tags).length === 0 ? undefined : tags
}

function fitting(options: BodyOptions): CallOptions | undefined {
  try {
    return optionsFromObject({ ...options })
  } catch {
    return undefined
  }
}
