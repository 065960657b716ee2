import { createHash } from 'node:crypto'
import type { Item } from '../../kernel/answer.ts'
import type { AttemptSignal } from '../../kernel/attempt-signal.ts'
import type { Backend, BackendEvent, Prediction } from '../../kernel/backend.ts'
import type { Version } from '../../kernel/catalog.ts'
import { AstraError, toAstraError } from '../../kernel/errors.ts'
import { isJsonObject } from '../../kernel/schema/facets.ts'
import { addUsage } from '../../kernel/usage.ts'
import { settleItems } from '../settle-items.ts'
import { type EchoSettings, echoSettingsSchema, readScript, type Script, type Scripted } from './script.ts'
import { wait as realWait, type Wait } from './wait.ts'

export interface EchoOptions {
  /** How time passes; tests bring their own. */
  readonly wait?: Wait
}

const defaults: EchoSettings = { delayMs: 0, failEvery: 1, intervalMs: 0, scripted: false }

/** Stands for this very behaviour; what a version's settings add to it is not upstream's to say. */
const digest = `sha256:${createHash('sha256').update('astraapi echo 1').digest('hex')}`

/**
 * No model: answers inside the gateway as its settings say (see `Script`), by default with the input itself. The fake of
 * every test, and the demonstration of streaming.
 */
export function createEchoBackend({ wait = realWait }: EchoOptions = {}): Backend {
  const inputsSeen = new WeakMap<Version, number>()

  /** The common beginning of whole and streamed answers: delay and failure. */
  async function begin(version: Version, given: unknown, signal: AttemptSignal): Promise<Scripted> {
    const scripted = readScript(version.state.settings as EchoSettings, given)
    const { delayMs, fail, failEvery = 1 } = scripted.script
    const seen = (inputsSeen.get(version) ?? 0) + 1
    inputsSeen.set(version, seen)
    if (delayMs) await wait(delayMs, signal)
    if (fail && seen % failEvery === 0) throw failures[fail]()
    return scripted
  }

  async function interrupt({ cutAfter, hangAfter }: Script, sent: number, signal: AttemptSignal): Promise<void> {
    if (sent === cutAfter) throw new AstraError('upstream_failed', { reason: 'the echo was told to cut the answer' })
    if (sent === hangAfter) await wait(Number.POSITIVE_INFINITY, signal)
  }

  async function answer(version: Version, given: unknown, signal: AttemptSignal): Promise<Answered> {
    try {
      const { script, input } = await begin(version, given, signal)
      await interrupt(script, script.cutAfter ?? script.hangAfter ?? 0, signal)
      return { item: { output: outputOf(script, input) }, usage: script.usage }
    } catch (thrown) {
      if (signal.aborted) throw signal.reason
      return { item: { error: toAstraError(thrown) }, usage: undefined }
    }
  }

  return {
    name: 'echo',
    settings: echoSettingsSchema,
    repeatable: true,
    withDefaults: (settings) => ({ ...defaults, ...settings }),
    addresses: () => undefined,
    inspect: async () => ({ digest }),
    async predict(version, _replica, inputs, { signal }): Promise<Prediction> {
      signal.throwIfAborted()
      const answered = await Promise.all(inputs.map((input) => answer(version, input, signal)))
      const items = settleItems(answered.map(({ item }) => item))
      const usage = addUsage(answered.flatMap(({ item, usage }) => ('output' in item ? [usage] : [])))
      return usage ? { items, usage } : { items }
    },
    async *stream(version, _replica, given, { signal }): AsyncGenerator<BackendEvent, void> {
      signal.throwIfAborted()
      const { script, input } = await begin(version, given, signal)
      let sent = 0
      for (const chunk of chunksOf(script, input)) {
        await interrupt(script, sent, signal)
        if (sent > 0 && script.intervalMs) await wait(script.intervalMs, signal)
        yield { type: 'chunk', chunk }
        signal.throwIfAborted()
        sent++
      }
      await interrupt(script, sent, signal)
      if (script.usage) yield { type: 'usage', usage: script.usage }
    },
    /** Nothing to release: what still runs ends with its own signal. */
    close: async () => {},
  }
}

interface Answered {
  readonly item: Item
  readonly usage: Script['usage']
}

const failures: Readonly<Record<NonNullable<Script['fail']>, () => AstraError>> = {
  unavailable: () => new AstraError('upstream_unavailable', { reason: 'the echo was told to be unavailable' }),
  failed: () => new AstraError('upstream_failed', { reason: 'the echo was told to fail' }),
  refused: () =>
    new AstraError('invalid_input', {
      detail: 'The model refused this input',
      reason: 'the echo was told to refuse the input',
    }),
}

/** A copy: whoever checks outputs takes undeclared fields out in place. */
function outputOf({ answer }: Script, input: unknown): unknown {
  return structuredClone(answer === undefined ? input : answer)
}

/** Words keep the white space after them, so that the chunks joined together are the text. */
function chunksOf(script: Script, input: unknown): readonly unknown[] {
  if (script.chunks) return structuredClone(script.chunks)
  const output = outputOf(script, input)
  if (script.words === undefined) return [output]
  const field = script.words
  const text = isJsonObject(output) ? output[field] : undefined
  return (String(text ?? '').match(/^\s+|\S+\s*/g) ?? []).map((word) => ({ [field]: word }))
}
