import Type from 'typebox'
import type { Catalog, Contract, Model, Version } from '../../kernel/catalog.ts'
import { AstraError } from '../../kernel/errors.ts'
import { limitText, ownerText } from '../../kernel/limit-text.ts'
import { type Operation, operation } from '../../kernel/operation.ts'
import { limitJson, limitSchema } from './limit-json.ts'
import { invalidField } from './moments.ts'
import type { OperationPorts } from './ports.ts'
import { choice, closed, count, listOf, majorText, milliseconds, text } from './schemas.ts'
import { modelOf, requireConsumer } from './unknown.ts'
import { withoutUndefined } from './without-undefined.ts'

const who = closed({
  consumer: Type.Optional(text('Name of the consumer; its team comes with it', 64)),
  key: Type.Optional(text('Id of a key; its consumer comes with it', 64)),
  team: Type.Optional(text("Name of a team, in place of the consumer's own", 64)),
  model: Type.Optional(text('Name of the model', 64)),
  major: Type.Optional(majorText),
  version: Type.Optional(text('Id of a version of the contract', 64)),
})

/** The bounds of every call of a contract, whoever calls. */
const contract = closed({
  model: Type.String(),
  major: majorText,
  bodyBytesMax: count,
  itemsMax: count,
  timeoutMs: milliseconds,
  inFlightMax: Type.Integer({ minimum: 1, description: 'Calls in flight per version in one gateway' }),
  queueMax: Type.Integer({ minimum: 0, description: 'Calls that wait for a place, per version in one gateway' }),
  outputTokensMax: Type.Optional(Type.Integer({ minimum: 1, description: 'What an answer may have at most' })),
  whenUnavailable: choice(['open', 'closed'], { description: 'While shared counters cannot be reached' }),
})

export function limitOperations({ catalogControl, keyring, limits }: OperationPorts): readonly Operation[] {
  return [
    operation({
      name: 'explainLimits',
      summary:
        'Every limit and budget that a call would meet, and how each stands, from the narrowest owner to the widest',
      kind: 'query',
      permission: 'read',
      method: 'GET',
      path: '/limits',
      input: who,
      output: closed({ limits: listOf(limitSchema), words: listOf(Type.String()), contract: Type.Optional(contract) }),
      run: async ({ key: keyId, major, ...named }) => {
        const catalog = catalogControl.current()
        const key = keyId === undefined ? undefined : keyring.get(keyId)
        if (keyId !== undefined && !key) throw new AstraError('unknown_key', { detail: `There is no key "${keyId}"` })
        if (named.consumer !== undefined) requireConsumer(catalog, named.consumer)
        if (key && named.consumer !== undefined && key.consumer !== named.consumer) {
          throw invalidField('consumer', `must be the key's own, ${key.consumer}, or left out`)
        }
        const { of, version } = placeOf(catalog, { ...named, major })
        const consumer = named.consumer ?? key?.consumer
        const owners = withoutUndefined({ key, consumer, team: named.team, model: named.model, version })
        const found = await limits.look(owners)
        const words = found.map((one) => `${ownerText(one.owner)}: ${limitText(one)}, ${leftText(one)}`)
        return { limits: found.map(limitJson), words, ...(of ? { contract: contractJson(of) } : {}) }
      },
    }),
  ]
}

interface Place {
  readonly model?: string
  readonly major?: string | undefined
  readonly version?: string
}

function placeOf(catalog: Catalog, place: Place): { of?: Contract; version?: Version } {
  if (place.model === undefined) {
    for (const name of ['major', 'version'] as const) {
      if (place[name] !== undefined) throw invalidField(name, 'needs a model')
    }
    return {}
  }
  const of = contractOf(modelOf(catalog, place.model), place.major)
  if (place.version === undefined) return { of }
  const version = of.versions.get(place.version)
  if (version) return { of, version }
  throw new AstraError('unknown_version', { detail: `${of.model}@v${of.major} has no version "${place.version}"` })
}

function contractOf({ name, contracts, defaultMajor }: Model, major = `v${defaultMajor}`): Contract {
  const contract = contracts.get(Number(major.slice(1)))
  if (contract) return contract
  throw new AstraError('unknown_major', { detail: `${name} has no ${major}` })
}

function contractJson({ model, major, limits }: Contract) {
  const { bodyBytesMax, itemsMax, timeoutMs, inFlightMax, queueMax = 0, outputTokensMax } = limits
  const bounds = { bodyBytesMax, itemsMax, timeoutMs, inFlightMax, queueMax, outputTokensMax }
  const whenUnavailable = limits.whenUnavailable ?? 'open'
  return withoutUndefined({ model, major: `v${major}`, ...bounds, whenUnavailable })
}

function leftText({ remaining, resetMs }: { readonly remaining: number; readonly resetMs: number }): string {
  const left = `${Number(remaining.toPrecision(6))} left`
  return resetMs > 0 ? `${left}, all of it again in ${Math.ceil(resetMs / 1000)} s` : left
}
