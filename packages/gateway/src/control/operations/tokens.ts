import Type from 'typebox'
import type { Caller } from '../../kernel/caller.ts'
import { AstraError } from '../../kernel/errors.ts'
import { type Operation, operation } from '../../kernel/operation.ts'
import { permission } from './key-json.ts'
import { durationOf, invalidField } from './moments.ts'
import type { OperationPorts } from './ports.ts'
import { closed, isoTime, listOf, text, time } from './schemas.ts'
import { modelOf } from './unknown.ts'
import { withoutUndefined } from './without-undefined.ts'

const lifeMs = { min: 30_000, max: 86_400_000, usual: '15m' } as const

export function tokenOperations({ clock, keyring, catalogControl, tokens }: OperationPorts): readonly Operation[] {
  return [
    operation({
      name: 'createToken',
      summary: 'A short-lived token for a browser or another place where a key must not be; it may only call models',
      kind: 'mutation',
      permission: 'infer',
      method: 'POST',
      path: '/tokens',
      input: closed({
        expiresIn: Type.Optional(text('For how long it works: 30s to 24h; 15m when left out', 16)),
        models: Type.Optional(
          listOf(Type.String({ maxLength: 64 }), {
            minItems: 1,
            maxItems: 50,
            description: 'Left out: those of the key',
          }),
        ),
        unit: Type.Optional(bound('The unit of all calls by it, whatever they say')),
        session: Type.Optional(bound('The session of all calls by it, whatever they say')),
      }),
      output: closed({
        token: text('The token itself, to be sent as a key is'),
        expiresAt: time,
        key: closed({ id: Type.String(), consumer: Type.String(), permissions: listOf(permission) }),
        models: Type.Optional(listOf(Type.String())),
        unit: Type.Optional(Type.String()),
        session: Type.Optional(Type.String()),
      }),
      run: async ({ expiresIn = lifeMs.usual, models, unit, session }, { caller }) => {
        requireKey(caller)
        for (const model of models ?? []) requireModel(model, caller, catalogControl)
        const wanted = clock.now() + lifeOf(expiresIn)
        // In whole seconds, as the token has it; never longer than its key.
        const ends = Math.min(wanted, keyring.get(caller.keyId)?.expiresAt ?? wanted)
        const expiresAt = Math.floor(ends / 1000) * 1000
        const grant = withoutUndefined({ models: models && [...new Set(models)], unit, session })
        const token = await tokens.mint(caller.keyId, { ...grant, expiresAt })
        // Whose calls those by the token are, and whether its key was meant for them.
        const key = { id: caller.keyId, consumer: caller.consumer, permissions: [...caller.permissions] }
        return { ...grant, token: token.reveal(), expiresAt: isoTime(expiresAt), key }
      },
    }),
  ]
}

/** As the call option has it: 1 to 256 printable characters. */
function bound(description: string) {
  return Type.String({ minLength: 1, maxLength: 256, pattern: '^[ -~]+$', description })
}

function lifeOf(text: string): number {
  const ms = durationOf(text, 'expiresIn')
  if (ms >= lifeMs.min && ms <= lifeMs.max) return ms
  throw invalidField('expiresIn', 'must lie between 30s and 24h: a page asks for another token when it needs one')
}

/** A token that made tokens would outlive itself. */
function requireKey({ token }: Caller): void {
  if (token === undefined) return
  throw new AstraError('forbidden', {
    detail: 'A token cannot make tokens',
    next: 'Send the key itself, from a server of yours; or ask the issuer of your token for another.',
  })
}

function requireModel(name: string, { models }: Caller, { current }: OperationPorts['catalogControl']): void {
  modelOf(current(), name)
  if (models?.has(name) === false)
    throw new AstraError('model_forbidden', { detail: `This key may not use "${name}", so it cannot grant it` })
}
