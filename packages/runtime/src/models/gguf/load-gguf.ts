import type { Signature } from '@astraapi/oip'
import type { LoadOptions } from '../model.ts'
import type { TextModel } from '../text-model.ts'
import { findEngine } from './find-engine.ts'
import type { Llama, LlamaEngine, LlamaModel } from './llama-engine.ts'
import { createWriter, type Writer } from './writer.ts'

const contextSizeMax = 4096

const signature: Signature = {
  inputs: [{ name: 'text_input', datatype: 'BYTES', shape: [1] }],
  outputs: [{ name: 'text_output', datatype: 'BYTES', shape: [1] }],
}

/** Loads a GGUF file into llama.cpp. Throws an Error whose message says what to do. */
export async function loadGguf(
  file: string,
  { threads, generation }: LoadOptions,
  find: () => Promise<LlamaEngine> = findEngine,
): Promise<TextModel> {
  const engine = await find()
  const { gpu, sequences } = generation
  const llama = await engine.getLlama({
    build: 'never',
    gpu,
    maxThreads: threads,
    logLevel: 'error',
    progressLogs: false,
  })
  const model = await llama.loadModel({ modelPath: file })
  const contextSize = generation.contextSize ?? Math.min(model.trainContextSize, contextSizeMax)
  const context = await model.createContext({ contextSize, sequences, threads })
  const places = { engine, llama, model, contextSize: context.contextSize, hasTemplate: hasTemplate(model) }
  const free: Writer[] = Array.from({ length: sequences }, () => createWriter(places, context.getSequence()))
  return {
    platform: 'llama_cpp_gguf',
    signature,
    identity: undefined,
    batches: false,
    generations: sequences,
    async generate(request, onPiece, signal) {
      const writer = free.pop()
      if (writer === undefined) throw new Error(`${sequences} generations are running already`)
      try {
        return await writer.write(request, onPiece, signal)
      } finally {
        free.push(writer)
      }
    },
    close: () => llama.dispose(),
  }
}

/** What the writers of one file share. */
export interface LoadedGguf {
  readonly engine: LlamaEngine
  readonly llama: Llama
  readonly model: LlamaModel
  readonly contextSize: number
  readonly hasTemplate: boolean
}

function hasTemplate({ fileInfo }: LlamaModel): boolean {
  return typeof fileInfo.metadata?.tokenizer?.chat_template === 'string'
}
