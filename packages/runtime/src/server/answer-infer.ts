import { chooseEncoding, compress } from '@astraapi/oip'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { LoadedVersion } from '../repository/loaded-version.ts'
import type { Repository } from '../repository/repository.ts'
import { abandonment } from './abandonment.ts'
import { infer } from './infer.ts'
import { loadReport } from './load-report.ts'
import type { ModelRequest } from './routes.ts'

/**
 * `POST …/infer`: the headers of an inference, and its body as it was asked for. Counts the call if it is answered; if it
 * is not, the one place where errors become answers does.
 */
export async function answerInfer(
  loaded: LoadedVersion,
  repository: Repository,
  { headers, body }: FastifyRequest<ModelRequest>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const headerLength = headers['inference-header-content-length']
  const answer = await infer(loaded, { body, headerLength }, abandonment(reply))
  repository.count(loaded, 'ok', answer.queueMs)
  reply.header('server-timing', answer.timing)
  const report = loadReport(headers['endpoint-load-metrics-format'], loaded.waiting())
  if (report !== undefined) reply.header('endpoint-load-metrics', report)
  if (answer.headerLength === undefined) reply.header('content-type', 'application/json')
  else {
    reply.header('content-type', 'application/octet-stream')
    reply.header('inference-header-content-length', answer.headerLength)
  }
  const encoding = chooseEncoding(headers['accept-encoding'], answer.body.length)
  if (encoding === undefined) return reply.send(answer.body)
  return reply.header('content-encoding', encoding).send(await compress(answer.body, encoding))
}
