import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export interface OnnxOrder {
  readonly file: string
  /** Of one batch. */
  readonly rows: number
  /** Of one row of the model's input `x`, FP32. */
  readonly features: number
  readonly seconds: number
  readonly threads: number
}

export interface OnnxReport {
  readonly rowsPerSecond: number
}

const program = fileURLToPath(new URL('./onnx-loop.ts', import.meta.url))
const run = promisify(execFile)

export async function onnxLoop(order: OnnxOrder): Promise<OnnxReport> {
  const { stdout } = await run(process.execPath, [program, JSON.stringify(order)])
  return JSON.parse(stdout)
}
