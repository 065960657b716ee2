import { readFileSync } from 'node:fs'
import type { ModuleModel, Row } from '@astraapi/runtime'
import { eld } from 'eld/medium'

/**
 * Which language is a text in? ELD with its medium database (2.0 MB): ISO 639-1 code of one of 60 languages, or "und".
 * `score` is ELD's own measure between 0 and 1, not a probability: the scores of all languages don't add up to 1.
 * Only the beginning of a text counts, about 350 bytes of UTF-8.
 */
export const model: ModuleModel = {
  signature: {
    inputs: [{ name: 'text', datatype: 'BYTES', shape: [-1] }],
    outputs: [
      { name: 'label', datatype: 'BYTES', shape: [-1] },
      { name: 'score', datatype: 'FP32', shape: [-1] },
    ],
  },
  identity: packageIdentity(),
  predict: identify,
}

function identify(row: Row): Row {
  const result = eld.detect(String(row.text))
  return { label: result.language || 'und', score: result.getScores()[result.language] ?? 0 }
}

/** ELD doesn't export its package.json, so the way there is from the entry that is in use. */
function packageIdentity(): string {
  const file = new URL('../../package.json', import.meta.resolve('eld/medium'))
  const { name, version }: { name: string; version: string } = JSON.parse(readFileSync(file, 'utf8'))
  return `${name}@${version}`
}
