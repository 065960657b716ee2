import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { heldOutDigits } from './digits/held-out.ts'
import { model as language10 } from './language/1.0/model.ts'
import { model as language11 } from './language/1.1/model.ts'
import { heldOutSentences } from './language/held-out.ts'
import { heldOutMail } from './spam/held-out.ts'

export interface Evaluation {
  readonly model: string
  readonly version: string
  readonly samples: number
  readonly correct: number
  /** What was evaluated: a file and its size, or a package. */
  readonly source: string
}

export interface Answer {
  readonly label: string
  readonly score: number
}

/** Every classifier's versions on samples that they have not seen. */
export async function evaluate(): Promise<readonly Evaluation[]> {
  const mails = [...heldOutMail()]
  const images = [...heldOutDigits()]
  const sentences = heldOutSentences()
  return [
    await evaluateOnnx('spam', '1.0', mails, spamInput),
    await evaluateOnnx('spam', '1.1', mails, spamInput),
    await evaluateOnnx('digits', '1.0', images, digitsInput),
    await evaluateOnnx('digits', '1.1', images, digitsInput),
    await evaluateModule('language', '1.0', sentences, language10),
    await evaluateModule('language', '1.1', sentences, language11),
  ]
}

/** A Markdown table, aligned as the formatter aligns it, so that README.md holds it to the letter. */
export function formatTable(evaluations: readonly Evaluation[]): string {
  const rows = evaluations.map(({ model, version, samples, correct, source }) => {
    const accuracy = `${((100 * correct) / samples).toFixed(4)} %`
    return [model, version, String(samples), String(correct), accuracy, source]
  })
  const columns = ['model', 'version', 'samples', 'correct', 'accuracy', 'source'].map((title, at) => ({
    title,
    isNumber: 2 <= at && at <= 4,
    width: Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)),
  }))
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const head = columns.map(({ title, isNumber, width }) => (isNumber ? title.padStart(width) : title.padEnd(width)))
  const rule = columns.map(({ isNumber, width }) => (isNumber ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)))
  const body = rows.map((row) =>
    columns.map(({ isNumber, width }, at) => row[at]?.[isNumber ? 'padStart' : 'padEnd'](width) ?? ''),
  )
  return [head, rule, ...body].map(line).join('\n')
}

/** The feeds of one batch, by tensor name. */
export type ToInput<Sample> = (batch: readonly Sample[]) => Record<string, Tensor>

export const spamInput: ToInput<{ readonly text: string }> = (batch) => ({
  text: new Tensor(
    'string',
    batch.map(({ text }) => text),
    [batch.length],
  ),
})

export const digitsInput: ToInput<{ readonly pixels: readonly number[] }> = (batch) => ({
  pixels: new Tensor('float32', Float32Array.from(batch.flatMap(({ pixels }) => pixels)), [batch.length, 64]),
})

export function openSession(model: string, version: string): Promise<InferenceSession> {
  return InferenceSession.create(fileURLToPath(onnxFile(model, version)))
}

/** Asks a classifier about all samples, `batchSize` at a time. */
export async function classify<Sample>(
  session: InferenceSession,
  samples: readonly Sample[],
  toInput: ToInput<Sample>,
  batchSize: number,
): Promise<readonly Answer[]> {
  const answers: Answer[] = []
  for (let start = 0; start < samples.length; start += batchSize) {
    const { label, score } = await session.run(toInput(samples.slice(start, start + batchSize)))
    const labels: ArrayLike<unknown> = label?.data ?? []
    const scores: ArrayLike<unknown> = score?.data ?? []
    answers.push(...Array.from(labels, (name, row) => ({ label: String(name), score: Number(scores[row]) })))
  }
  return answers
}

async function evaluateOnnx<Sample extends { readonly label: string }>(
  model: string,
  version: string,
  samples: readonly Sample[],
  toInput: ToInput<Sample>,
): Promise<Evaluation> {
  const session = await openSession(model, version)
  const answers = await classify(session, samples, toInput, 32)
  await session.release()
  const correct = answers.filter(({ label }, row) => label === samples[row]?.label).length
  const source = `model.onnx, ${statSync(onnxFile(model, version)).size} bytes`
  return { model, version, samples: samples.length, correct, source }
}

async function evaluateModule(
  model: string,
  version: string,
  samples: ReturnType<typeof heldOutSentences>,
  module: typeof language10,
): Promise<Evaluation> {
  const answers = await Promise.all(samples.map(({ text }) => module.predict({ text })))
  const correct = answers.filter(({ label }, row) => label === samples[row]?.label).length
  return { model, version, samples: samples.length, correct, source: module.identity ?? '' }
}

function onnxFile(model: string, version: string): URL {
  return new URL(`${model}/${version}/model.onnx`, import.meta.url)
}

if (import.meta.main) console.log(formatTable(await evaluate()))
