import type { CatalogState, ContractState } from '../../kernel/catalog-state.ts'
import { contractsOf, ownersOf } from './limit-owners.ts'

const notesMax = 20

/**
 * What is no fault and yet likely not meant: bursts that an answer's reservation does not fit, budgets of a day that the month's never
 * lets be spent, and reservations that are guessed.
 */
export function limitNotes(state: CatalogState): readonly string[] {
  const contracts = contractsOf(state)
  const owners = ownersOf(state, contracts)
  const tight = owners.flatMap(({ name, limits, of }) => {
    const most = limits?.tokens?.burst ?? Number.POSITIVE_INFINITY
    const larger = of.find(({ contract }) => (contract.limits.outputTokensMax ?? 0) > most)
    if (!larger) return []
    const { outputTokensMax } = larger.contract.limits
    const advice = 'a call that does not ask for fewer never fits; raise "burst" or lower "outputTokens"'
    return [
      `limits of ${name}: ${most} tokens at once, and ${larger.name} may answer with ${outputTokensMax}: ${advice}`,
    ]
  })
  const idle = owners.flatMap(({ name, limits }) => {
    const { day = 0, month = Number.POSITIVE_INFINITY } = limits?.budget ?? {}
    if (day <= month) return []
    return [`limits of ${name}: a budget of USD ${day} a day and ${month} a month: the day's never counts`]
  })
  const notes = [...tight, ...idle]
  const metered = owners.some(({ limits }) => limits?.tokens ?? limits?.budget)
  const guessed = contracts.filter(({ contract }) => metered && isGuessed(contract)).map(({ name }) => name)
  const [first, ...others] = guessed
  const more = others.length === 0 ? '' : ` and ${others.length} more`
  return [
    ...notes.slice(0, notesMax),
    ...(notes.length > notesMax ? [`${notes.length - notesMax} more notes on limits`] : []),
    ...(first === undefined
      ? []
      : [`${first}${more}: without "limits.outputTokens" a guess is reserved of tokens and budgets`]),
  ]
}

function isGuessed({ task, limits }: ContractState): boolean {
  return (task === 'chat' || task === 'completion') && limits.outputTokensMax === undefined
}
