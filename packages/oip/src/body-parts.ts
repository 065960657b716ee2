import { utf8Text } from './json-body.ts'
import { invalid, quote } from './protocol-error.ts'

/** The two parts of a body: JSON, then the tensors that are binary. */
export interface BodyParts {
  readonly text: string
  readonly binary: BinaryCursor
}

/** Cuts the binary part into tensors, in the order in which the JSON names them. */
export interface BinaryCursor {
  /** The next bytes, or what is wrong, as the end of a sentence: there are fewer, or there is no binary part at all. */
  take(size: number): Uint8Array | string
  /** Throws a 400 if bytes are left over. */
  end(): void
}

/**
 * @param headerLength the value of `Inference-Header-Content-Length`: the length of the JSON in bytes. Without it all of
 * the body is JSON.
 */
export function splitBody(body: Uint8Array | undefined, headerLength: string | undefined): BodyParts {
  if (body === undefined || body.length === 0) throw invalid('The body is empty; it must be a JSON object')
  if (headerLength === undefined) return { text: utf8Text(body, 'The body'), binary: NO_BINARY }
  const length = /^\d{1,15}$/.test(headerLength) ? Number(headerLength) : Number.NaN
  if (!(length <= body.length)) {
    throw invalid(
      `Inference-Header-Content-Length is ${quote(headerLength)}; it must be a length within the body's ${body.length} bytes`,
    )
  }
  return { text: utf8Text(body.subarray(0, length), 'The body'), binary: cursor(body, length) }
}

const NO_BINARY: BinaryCursor = {
  take: () => 'is binary, so the header Inference-Header-Content-Length has to say where the JSON ends',
  end() {},
}

function cursor(body: Uint8Array, start: number): BinaryCursor {
  let at = start
  return {
    take(size) {
      const left = body.length - at
      if (size > left) return `should have ${size} bytes of binary data, but the body has ${left} left`
      at += size
      return body.subarray(at - size, at)
    },
    end() {
      if (at < body.length)
        throw invalid(`${body.length - at} bytes of binary data are left over, which no tensor claims`)
    },
  }
}
