import { AstraError } from '../../../kernel/errors.ts'

/** For a wish that the messages protocol has no words for; `path` is a JSON Pointer in the canonical request. */
export function notInAnthropic(name: string, path: string): AstraError {
  const field = name.slice(0, nameLengthMax)
  return new AstraError('unsupported', {
    field,
    detail: `"${field}" is not supported by this model`,
    next: 'Leave it out, or use a model of another vendor.',
    violations: [{ path, message: 'has no place in the Anthropic protocol' }],
  })
}

const nameLengthMax = 100
