import type { AstraError } from '../../../kernel/errors.ts'
import { isJsonObject } from '../../../kernel/schema/facets.ts'
import { faultError } from '../../vendor-fault.ts'
import { openaiFault } from '../fault.ts'

/** An `error` that upstream tells inside of an answer. Undefined when there is none. */
export function responseFault(error: unknown, began: boolean): AstraError | undefined {
  if (!isJsonObject(error)) return undefined
  const { code, message } = error
  if (typeof code !== 'string' || !callersOwn.has(code)) return openaiFault({ error }, undefined, began)
  return faultError({ status: 400, type: code, message: typeof message === 'string' ? message : code }, began)
}

/** Codes of this protocol alone: the request itself is at fault. */
const callersOwn: ReadonlySet<string> = new Set([
  'invalid_prompt',
  'bio_policy',
  'misalignment_policy_violation',
  'invalid_image',
  'invalid_image_format',
  'invalid_base64_image',
  'invalid_image_url',
  'invalid_image_mode',
  'image_too_large',
  'image_too_small',
  'image_parse_error',
  'image_content_policy_violation',
  'image_file_too_large',
  'unsupported_image_media_type',
  'empty_image_file',
  'failed_to_download_image',
  'image_file_not_found',
])
