/** One call that is made over and over; what a load generator needs to know of it. */
export interface Call {
  readonly url: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Makes the call once and throws unless the answer is 200 and holds `expected`: a fast refusal must not pass for speed. */
export async function checkCall({ url, path, headers, body }: Call, expected: string): Promise<string> {
  const response = await fetch(url + path, { method: 'POST', headers, body })
  const text = await response.text()
  if (response.status !== 200 || !text.includes(expected)) {
    throw new Error(`POST ${path} answered ${response.status}: ${text.slice(0, 500)}`)
  }
  return text
}
