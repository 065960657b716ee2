import Fastify from 'fastify'
import type { Answer, StreamEvent } from '../../../../kernel/answer.ts'
import type { Call } from '../../../../kernel/call.ts'
import type { Catalog, Contract } from '../../../../kernel/catalog.ts'
import type { ContractState, Deprecation } from '../../../../kernel/catalog-state.ts'
import { AstraError } from '../../../../kernel/errors.ts'
import type { TaskName } from '../../../../kernel/tasks.ts'
import { lookUp, permittedContracts } from '../../../look-up.ts'
import { testCaller, testCatalog } from '../../../testing/fixtures.ts'
import { anthropicModels } from '../../anthropic/anthropic-models.ts'
import { mountAnthropic } from '../../anthropic/mount-anthropic.ts'
import { mountOpenai } from '../../openai/mount-openai.ts'
import { openaiModels } from '../../openai/openai-models.ts'
import { mountModels } from '../mount-models.ts'
import type { WireDoor, WireEmit } from '../wire-door.ts'
import { fakeCodecs } from './fake-codecs.ts'

export interface WireBed {
  readonly serve?: (call: Call) => Promise<Answer> | Answer | AstraError
  readonly contract?: Partial<ContractState>
  /** Models beside `spam`, which is of task chat. */
  readonly others?: Readonly<Record<string, TaskName>>
  /** Those that the key may use. */
  readonly models?: readonly string[]
  readonly bodyBytesMax?: number
  readonly deprecated?: Deprecation
  readonly codecs?: WireDoor['codecs']
}

/** Both doors, one below /openai and one below /anthropic, over a journey that does what the test says and remembers each call. */
export function openWireBed(emits: Readonly<Record<'openai' | 'anthropic', WireEmit>>, bed: WireBed = {}) {
  const catalog = catalogOf(bed)
  const calls: Call[] = []
  const refused: [Call, AstraError][] = []
  const reported: AstraError[] = []
  const caller = testCaller(bed.models ? { models: bed.models } : {})
  let ids = 0
  const unused = () => {
    throw new Error('these doors run no operation')
  }
  const door: Omit<WireDoor, 'emit'> = {
    context: {
      clock: { now: () => 1_700_000_000_500, elapsed: () => 2, id: () => `call-${++ids}` },
      catalog: () => catalog,
      operations: [],
      operate: unused,
      refuse: (call, _caller, error) => void refused.push([call, error]),
      async serve(call) {
        calls.push(call)
        return (bed.serve ?? echo)(call)
      },
    },
    codecs: bed.codecs ?? fakeCodecs,
    callerOf: () => caller,
    lookUp: (name) => lookUp(name, caller, catalog),
    contracts: () => permittedContracts(caller, catalog),
    bodyBytesMax: bed.bodyBytesMax ?? 100_000,
    countTokens: (value) => JSON.stringify(value).length,
    report: (error) => void reported.push(error),
  }
  const http = Fastify()
  http.removeAllContentTypeParsers()
  http.addContentTypeParser('*', (_request, _payload, done) => done(null))
  http.setErrorHandler((thrown, request, reply) => {
    const emit = request.url.startsWith('/openai') ? emits.openai : emits.anthropic
    return emit.error(reply, thrown instanceof AstraError ? thrown : new AstraError('internal'), undefined)
  })
  mountOpenai(http, '/openai', { ...door, emit: emits.openai })
  mountAnthropic(http, '/anthropic', { ...door, emit: emits.anthropic }, false)
  mountModels(http, '/openai', { ...door, emit: emits.openai }, () => openaiModels)
  mountModels(http, '/anthropic', { ...door, emit: emits.anthropic }, () => anthropicModels)

  const send = async (url: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) => {
    const payload = typeof body === 'string' || body === undefined ? body : JSON.stringify(body)
    const sent = await http.inject({
      method: body === undefined ? 'GET' : 'POST',
      url,
      headers: { ...headers },
      ...(payload === undefined ? {} : { payload }),
    })
    return { status: sent.statusCode, headers: sent.headers, text: sent.payload, json: () => JSON.parse(sent.payload) }
  }
  return { calls, refused, reported, send, http }
}

/** Answers each input with itself, as the journey does: the answer is told while the Record is open. */
export function echo(call: Call): Answer {
  const answer = wholeAnswer(call, { items: (call.wire?.canonical() ?? []).map((output) => ({ output })) })
  call.tell?.(answer)
  return answer
}

export function wholeAnswer(call: Call, over: Partial<Answer & { kind: 'whole' }>): Answer & { kind: 'whole' } {
  const usage = { items: 1, inputTokens: 3, outputTokens: 5 }
  return { ...head(call), kind: 'whole', items: [], usage, timing: { queueMs: 0, upstreamMs: 0, totalMs: 0 }, ...over }
}

export function streamAnswer(call: Call, events: AsyncIterable<StreamEvent>): Answer {
  return { ...head(call), kind: 'stream', events }
}

function head({ id, model }: Call) {
  return { callId: id, model, major: 1, version: '1.0', cached: false }
}

function catalogOf({ contract = {}, others = {}, deprecated }: WireBed): Catalog {
  const spam = testCatalog({ '1.0': 1 }, { contract: { task: 'chat', streams: true, ...contract } })
  const model = spam.model('spam')
  const chat = model?.contracts.get(1)
  if (!model || !chat) throw new Error('the catalog has the model spam')
  const made = new Map(
    Object.entries({ spam: chat.task, ...others }).map(([name, task]) => {
      const only: Contract = { ...chat, model: name, task, deprecated }
      return [name, { ...model, name, contracts: new Map([[1, only]]) }]
    }),
  )
  return {
    ...spam,
    activatedAt: 1_600_000_000_000,
    model: (name) => made.get(name),
    modelNames: () => [...made.keys()],
  }
}
