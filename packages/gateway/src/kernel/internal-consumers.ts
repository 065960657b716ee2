import type { Caller } from './caller.ts'

/**
 * Consumers that are the gateway itself, calling on its own account, and what for. The manifest may declare one of them under
 * `consumers:` like any other, to bound and budget it; nobody else can call as it: no key is made for it, and no token maps to it.
 */
export const internalConsumers = {
  'astra-cache': 'the vectors of texts, for semantic look-ups',
  'astra-shadow': 'copies of calls to a version whose answers are not served',
  'astra-judge': 'judgements of answers by a model',
  'astra-eval': 'evaluations of a version on a set of samples',
  'astra-replay': 'calls of the past, repeated',
} as const

export type InternalConsumer = keyof typeof internalConsumers

/** Those whose calls stand beside what is served (`Call.role`): they use up no limit of the models and versions that they ask. */
export const besideServed: readonly InternalConsumer[] = ['astra-shadow', 'astra-judge', 'astra-eval', 'astra-replay']

/** All such names are kept, those to come too. */
export const internalPrefix = 'astra-'

export function isInternal(consumer: string): boolean {
  return Object.hasOwn(internalConsumers, consumer)
}

/** The team and the limits are those of its declaration, where there is one. */
export function internalCaller(consumer: InternalConsumer): Caller {
  return { keyId: 'internal', consumer, permissions: new Set(['infer']), models: undefined }
}
