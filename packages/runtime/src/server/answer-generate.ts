import type { ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import type { Piece } from '../models/text-model.ts'
import type { LoadedVersion, Told } from '../repository/loaded-version.ts'
import type { Repository } from '../repository/repository.ts'
import { abandonment } from './abandonment.ts'
import { outcomeOf } from './count-refusal.ts'
import { readGenerateRequest } from './generate-request.ts'
import { loadReport } from './load-report.ts'
import type { ModelRequest } from './routes.ts'
import { logFailure, toProtocolError } from './send-error.ts'

/** `POST …/generate`: the whole text at once. */
export async function answerGenerate(
  loaded: LoadedVersion,
  repository: Repository,
  { headers, body }: FastifyRequest<ModelRequest>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const request = readGenerateRequest(body, false)
  const written = { text_output: '', reasoning_output: '' }
  const onPiece = ({ text, isReasoning }: Piece) => {
    written[isReasoning ? 'reasoning_output' : 'text_output'] += text
  }
  const told = await loaded.generate(request, { onPiece, signal: abandonment(reply) })
  repository.count(loaded, 'ok', told.queueMs)
  reply.header('server-timing', timing(told))
  const report = loadReport(headers['endpoint-load-metrics-format'], loaded.waiting())
  if (report !== undefined) reply.header('endpoint-load-metrics', report)
  const { reasoning_output, text_output } = written
  const reasoning = reasoning_output === '' ? {} : { reasoning_output }
  return reply.send({ ...headOf(loaded), text_output, ...reasoning, ...endOf(told) })
}

/**
 * `POST …/generate_stream`: server-sent events, each with what was written since the last one, and a last one with why it ended.
 * What fails before anything was written is answered as everywhere; after that by an event `{"error": "…"}`.
 */
export async function streamGenerate(
  loaded: LoadedVersion,
  repository: Repository,
  request: FastifyRequest<ModelRequest>,
  reply: FastifyReply,
  log: Logger,
): Promise<void> {
  const generation = readGenerateRequest(request.body, true)
  const { raw } = reply
  const signal = abandonment(reply)
  const head = headOf(loaded)
  const onPiece = ({ text, isReasoning }: Piece) =>
    send(reply, { ...head, text_output: isReasoning ? '' : text, ...(isReasoning && { reasoning_output: text }) })
  try {
    const told = await loaded.generate(generation, { onPiece, signal })
    repository.count(loaded, 'ok', told.queueMs)
    send(reply, { ...head, text_output: '', ...endOf(told) })
  } catch (error) {
    if (!raw.headersSent) throw error
    const outcome = raw.destroyed ? 'abandoned' : outcomeOf(error)
    if (outcome !== undefined) repository.count(loaded, outcome)
    logFailure(request, error, log)
    send(reply, { error: toProtocolError(error).message })
  }
  end(reply)
}

function send(reply: FastifyReply, data: object): void {
  const { raw } = reply
  if (raw.destroyed) return
  if (!raw.headersSent) {
    reply.hijack()
    raw.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' })
  }
  // What a slow reader leaves here is bounded by the model's context.
  raw.write(`data: ${JSON.stringify(data)}\n\n`)
}

/** A server that stopped meanwhile would wait for the connection of a stream that began before. */
function end({ raw, server }: FastifyReply): void {
  const closes = !server.server.listening
  raw.end(() => (closes ? closeSoon(raw) : undefined))
}

function closeSoon({ req }: ServerResponse): void {
  req.socket.destroySoon()
}

function headOf({ name, version }: LoadedVersion) {
  return { model_name: name, model_version: version }
}

function endOf({ finishReason, inputTokens, outputTokens }: Told) {
  return { finish_reason: finishReason, usage: { input_tokens: inputTokens, output_tokens: outputTokens } }
}

function timing({ queueMs, computeMs }: Told): string {
  return `queue;dur=${queueMs.toFixed(3)}, compute;dur=${computeMs.toFixed(3)}`
}
