import type { Store } from '../kernel/store.ts'

/** A value made once per store, and the same for all gateways that share it. */
export async function settingOf({ state }: Pick<Store, 'state'>, name: string, make: () => string): Promise<string> {
  const known = await state.setting(name)
  if (known !== undefined) return known
  const made = make()
  await state.saveSetting(name, made)
  return made
}
