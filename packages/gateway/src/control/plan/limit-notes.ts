import type { CatalogState, ContractState } from '../../kernel/catalog-state.ts'
import type { Limits } from '../../kernel/limits.ts'

const notesMax = 20

/** What is no fault and yet likely not meant: bursts that an answer's reservation does not fit, and reservations that are guessed. */
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
  const metered = owners.some(({ limits }) => limits?.tokens ?? limits?.budget)
  const guessed = contracts.filter(({ contract }) => metered && isGuessed(contract)).map(({ name }) => name)
  const [first, ...others] = guessed
  const more = others.length === 0 ? '' : ` and ${others.length} more`
  return [
    ...tight.slice(0, notesMax),
    ...(tight.length > notesMax ? [`${tight.length - notesMax} more notes on limits`] : []),
    ...(first === undefined
      ? []
      : [`${first}${more}: without "limits.outputTokens" a guess is reserved of tokens and budgets`]),
  ]
}

function isGuessed({ task, limits }: ContractState): boolean {
  return (task === 'chat' || task === 'completion') && limits.outputTokensMax === undefined
}

interface NamedContract {
  readonly name: string
  readonly model: string
  readonly contract: ContractState
}

function contractsOf({ models }: CatalogState): readonly NamedContract[] {
  return Object.entries(models).flatMap(([model, { contracts }]) =>
    Object.entries(contracts).map(([major, contract]) => ({ name: `${model}@v${major}`, model, contract })),
  )
}

/** Whose limits they are, and the contracts whose calls they count. */
interface Owner {
  readonly name: string
  readonly limits: Limits | undefined
  readonly of: readonly NamedContract[]
}

function ownersOf({ teams = {}, consumers, models }: CatalogState, contracts: readonly NamedContract[]): Owner[] {
  const byModel = Map.groupBy(contracts, ({ model }) => model)
  return [
    ...Object.entries(teams).map(([name, { limits }]) => ({ name: `team ${name}`, limits, of: contracts })),
    ...Object.entries(consumers).map(([name, { limits }]) => ({ name: `consumer ${name}`, limits, of: contracts })),
    ...Object.entries(models).map(([name, { limits }]) => ({
      name: `model ${name}`,
      limits,
      of: byModel.get(name) ?? [],
    })),
    ...contracts.flatMap((one) =>
      Object.entries(one.contract.versions).map(([id, { limits }]) => ({
        name: `version ${one.name} ${id}`,
        limits,
        of: [one],
      })),
    ),
  ]
}
