import type { RefusedPath } from '../wire/mount-routes.ts'

const stateless = 'Nothing is stored here: send the whole conversation with each request.'
const inline = 'Send the file inside the message, base64-encoded.'
const noJobs = 'Send the requests one by one.'
const elsewhere = 'Call the vendor for it.'
const ownContract = 'Deploy the model with a contract of its own and call it at POST /models/{model}/v{major}/predict.'
const declared = 'Models are deployed with the manifest: "astraapi apply".'

/** What else OpenAI's API has, by families of paths. */
export const openaiRefusedPaths: readonly RefusedPath[] = [
  { path: '/chat/completions', methods: ['GET'], next: stateless },
  { path: '/chat/completions/*', next: stateless },
  { path: '/responses', methods: ['GET'], next: stateless },
  { path: '/responses/*', next: stateless },
  { path: '/models/:model', methods: ['DELETE'], next: declared },
  ...family(stateless, 'assistants', 'threads', 'conversations'),
  ...family(inline, 'files', 'uploads', 'vector_stores', 'containers'),
  ...family(noJobs, 'batches'),
  ...family(ownContract, 'audio', 'images', 'videos'),
  ...family(elsewhere, 'fine_tuning', 'evals', 'realtime', 'organization'),
]

function family(next: string, ...names: readonly string[]): readonly RefusedPath[] {
  return names.flatMap((name) => [
    { path: `/${name}`, next },
    { path: `/${name}/*`, next },
  ])
}
