import type { Exchange, Spending } from '../../../kernel/backend.ts'
import type { Version } from '../../../kernel/catalog.ts'
import type { ContractRevision } from '../../../kernel/catalog-state.ts'
import { compileCheck } from '../../../kernel/schema/validator.ts'
import { taskTable } from '../../../kernel/tasks.ts'
import { context } from '../../testing/asking.ts'
import { fixtureVersion } from '../../testing/fixture-version.ts'
import { createPromptBackend } from '../prompt.ts'
import { openChatModel } from './chat-model.ts'

const { input, output } = taskTable.classification
export const spam: ContractRevision = { input: input ?? {}, output: output({ labels: ['ham', 'spam'] }) ?? {} }
export const mail = { text: 'Win a prize' }
export const good = '{"label": "spam", "score": 0.9}'

/** A typed prompt for spam over a model that says what it is told to. */
export function openPromptBed(settings: Readonly<Record<string, unknown>> = {}) {
  const model = openChatModel()
  const backend = createPromptBackend([model.backend])
  const least = { upstream: { backend: 'fake', model: 'm' }, prompt: 'Is it spam? {{input.text}}' }
  const full = backend.withDefaults({ ...least, ...settings }, 'spam', '1.2')
  const plain = fixtureVersion('prompt', full, ['http://acme.example'])
  const contract = { ...plain.contract, task: 'classification', published: spam, check: compileCheck(spam) } as const
  const version: Version = { ...plain, contract }
  /** What it asked, and what came of it. */
  const spent: ({ readonly asking: unknown } | Exchange)[] = []
  const spending: Spending = {
    asking: (asking) => void spent.push({ asking }),
    answered: (exchange) => void spent.push(exchange),
  }
  const predict = (...inputs: readonly unknown[]) =>
    backend.predict(version, 'http://acme.example', inputs, { ...context, spending })
  return { ...model, backend, settings: full, predict, spent }
}
