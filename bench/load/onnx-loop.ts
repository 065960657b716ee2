import { readFile } from 'node:fs/promises'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import type { OnnxOrder, OnnxReport } from './run-onnx-loop.ts'

// ONNX Runtime alone: one batch after the other, with nothing around it. A process of its own: onnx-loop.ts ORDER, an OnnxOrder as
// JSON; prints an OnnxReport.
const { file, rows, features, seconds, threads }: OnnxOrder = JSON.parse(process.argv[2] ?? '')
const session = await InferenceSession.create(await readFile(file), {
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
})
const x = new Tensor(
  'float32',
  Float32Array.from({ length: rows * features }, (_, i) => (i % 7) / 7),
  [rows, features],
)
await session.run({ x })

let batches = 0
const startedAt = performance.now()
while (performance.now() - startedAt < seconds * 1000) {
  await session.run({ x })
  batches++
}
const report: OnnxReport = { rowsPerSecond: (1000 * batches * rows) / (performance.now() - startedAt) }
console.log(JSON.stringify(report))
