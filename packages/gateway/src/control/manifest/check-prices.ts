import type { Price } from '../../kernel/catalog-state.ts'
import type { Violation } from '../../kernel/errors.ts'
import type { FaultAt } from './manifest.ts'

/** What vendors call their models, with what stands before it; begins and ends with something that can be seen. */
const namePattern = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}\p{P}\p{S} ]{0,198}[\p{L}\p{M}\p{N}\p{P}\p{S}])?$/u

/** What the form cannot say of one upstream model's prices. */
export function priceFaults(name: string, prices: readonly Price[], faultAt: FaultAt): Violation[] {
  const place = ['prices', name]
  const faults = namePattern.test(name)
    ? []
    : [faultAt(place, 'must begin with a letter or digit and be printable, at most 200 characters')]
  const days = prices.map(({ from }) => from)
  for (const [i, { from, input, output, items }] of prices.entries()) {
    const at = [...place, String(i)]
    if (days.indexOf(from) !== i) faults.push(faultAt([...at, 'from'], `stands in the list twice: ${from}`))
    if (input === undefined && output === undefined && items === undefined) {
      faults.push(faultAt(at, 'prices nothing', 'Give "input", "output" or "items"; 0 is a price too.'))
    }
  }
  return faults
}
