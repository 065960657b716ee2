import type { Store } from '../kernel/store.ts'

/** A value made once per store, and the same for all gateways that share it. */
export async function settingOf({ state }: Pick<Store, 'state'>, name: string, make: () => string): Promise<string> {
  // Of gateways that begin together, the first to write decides.
  return (await state.setting(name)) ?? (await state.settingOr(name, make()))
}
