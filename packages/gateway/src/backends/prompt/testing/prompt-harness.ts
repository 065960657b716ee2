import type { Item } from '../../../kernel/answer.ts'
import type { Backend } from '../../../kernel/backend.ts'
import type { ChatAnswer, ChatRequest } from '../../../kernel/chat.ts'
import type { BackendHarness } from '../../testing/backend-harness.ts'
import { fixtureVersion } from '../../testing/fixture-version.ts'
import { privateWords } from '../../vendor/testing/fake-faults.ts'
import { openVendorBed } from '../../vendor/testing/vendor-harness.ts'
import { createPromptBackend } from '../prompt.ts'

/** Typed prompts over the openai backend, whose model does what the text in the data says. */
export async function openPrompt(): Promise<BackendHarness> {
  const { fake, backend: openai, version } = await openVendorBed('openai')
  const backend = createPromptBackend([obedient(openai)])
  const settings = { upstream: { ...version().state.settings, backend: 'openai' }, prompt: 'Say {{input.text}}' }
  const input = (text: string) => ({ text })
  return {
    // A gateway closes all its backends.
    backend: { ...backend, close: openai.close },
    version: fixtureVersion('prompt', backend.withDefaults(settings, 'sample', '1.0'), [fake.url]),
    replica: fake.url,
    input: (n) => input(`input number ${n}`),
    output: (n) => input(`input number ${n}`),
    misbehaving: {
      failed: input('!failed'),
      busy: input('!busy'),
      unanswered: input('!reset'),
      torn: input('!cut'),
      hang: input('!hang'),
      held: input('!held'),
    },
    letGo: fake.letGo,
    privateWords,
    deadReplica: 'unix:/nowhere/at-all.sock',
    running: fake.running,
    lastHeaders: () => fake.requests.at(-1)?.headers ?? {},
    close: fake.close,
  }
}

/** The fake vendor's model echoes: it gets the text out of the data, and what it says becomes JSON. */
function obedient(backend: Backend): Backend {
  return {
    ...backend,
    async predict(version, replica, inputs, context) {
      const prediction = await backend.predict(version, replica, inputs.map(plainly), context)
      return { ...prediction, items: prediction.items.map(asJson) }
    },
  }
}

function plainly(input: unknown): unknown {
  const last = (input as ChatRequest).messages.at(-1)
  const data = /<data>(.*)<\/data>/.exec(JSON.parse(JSON.stringify(last?.content))[0].text)?.[1] ?? ''
  return { messages: [{ role: 'user', content: [{ type: 'text', text: JSON.parse(data) }] }] }
}

function asJson(item: Item): Item {
  if ('error' in item) return item
  const [choice] = (item.output as ChatAnswer).choices
  const [part] = choice?.content ?? []
  const text = JSON.stringify({ text: part?.type === 'text' ? part.text : '' })
  return { output: { choices: [{ content: [{ type: 'text', text }], finishReason: 'stop' }] } }
}
