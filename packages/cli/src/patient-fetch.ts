import { request as plain } from 'node:http'
import { request as secure } from 'node:https'
import { buffer } from 'node:stream/consumers'

interface PatientRequest {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
}

/** As fetch, which gives up when an answer has not begun after five minutes: gates may take longer. */
export function patientFetch(url: string, { method, headers, body }: PatientRequest): Promise<Response> {
  const request = url.startsWith('https:') ? secure : plain
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers }, (answer) => {
      const told = {
        status: answer.statusCode ?? 502,
        headers: { 'content-type': answer.headers['content-type'] ?? '' },
      }
      buffer(answer).then((bytes) => resolve(new Response(new Uint8Array(bytes), told)), reject)
    })
    asked.on('error', reject)
    asked.end(body ?? undefined)
  })
}
