import { loadGguf } from './gguf/load-gguf.ts'
import type { ModelLoader } from './model.ts'
import { loadModule } from './module-model.ts'
import { loadOnnx } from './onnx-model.ts'

/** Which file makes a folder a model's version, and what loads it. */
export const MODEL_FILES: Readonly<Record<string, ModelLoader>> = {
  'model.onnx': loadOnnx,
  'model.gguf': loadGguf,
  'model.ts': loadModule,
  'model.js': loadModule,
  'model.mjs': loadModule,
}

/** Whether its model generates text rather than computes tensors. */
export function isTextModelFile(name: string): boolean {
  return name.endsWith('.gguf')
}
