import type { StateStore } from '../../kernel/store.ts'
import type { Evaluation } from './evaluate.ts'
import { type History, noHistory } from './history.ts'

/**
 * What of an experiment's evaluations outlives a restart, as two settings: the latest evaluation, whose p-values the next one goes on from,
 * and the history. Neither is evidence, that stands in the store's tables; but a p-value once seen must not be forgotten.
 */
export interface Kept {
  readonly latest: Evaluation | undefined
  readonly history: History
}

export type Settings = Pick<StateStore, 'setting' | 'saveSetting'>

/** Rises when the form of what is kept changes: what has another is not read. */
const form = 1

const latestSetting = (name: string) => `experiment-state/${name}`
const historySetting = (name: string) => `experiment-history/${name}`

/** `startedAt` tells one run from another that had the same name. */
export async function readKept(settings: Settings, name: string, startedAt: number | undefined): Promise<Kept> {
  const [latest, history] = await Promise.all([
    readSetting<Evaluation>(settings, latestSetting(name), startedAt),
    readSetting<History>(settings, historySetting(name), startedAt),
  ])
  return { latest, history: history ?? noHistory }
}

export function saveLatest(settings: Settings, name: string, startedAt: number | undefined, latest: Evaluation) {
  return saveValue(settings, latestSetting(name), startedAt, latest)
}

export function saveHistory(settings: Settings, name: string, startedAt: number | undefined, history: History) {
  return saveValue(settings, historySetting(name), startedAt, history)
}

async function readSetting<T>(settings: Settings, name: string, startedAt: number | undefined): Promise<T | undefined> {
  const text = await settings.setting(name)
  if (text === undefined) return undefined
  const read: { readonly form?: unknown; readonly startedAt?: unknown; readonly value?: T } = JSON.parse(text)
  return read.form === form && read.startedAt === startedAt ? read.value : undefined
}

function saveValue(settings: Settings, name: string, startedAt: number | undefined, value: unknown): Promise<void> {
  return settings.saveSetting(name, JSON.stringify({ form, startedAt, value }))
}
