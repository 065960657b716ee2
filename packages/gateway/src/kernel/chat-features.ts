import type { Feature } from './drift.ts'
import { finishOfAnswer } from './finish.ts'
import { isJsonObject } from './schema/facets.ts'

/** What is watched of conversations and of texts that go on: characters are UTF-16 code units. */
export const chatFeatures: readonly Feature[] = [
  numbers('input.messages', 'input', (input) => messagesIn(input).length),
  numbers('input.characters', 'input', (input) => sum(messagesIn(input).map(charactersOf))),
  numbers('input.lastUser', 'input', (input) => {
    const last = messagesIn(input).findLast((message) => isJsonObject(message) && message.role === 'user')
    return last === undefined ? undefined : charactersOf(last)
  }),
  // Reasoning and the arguments of tools are among it, as they are in what a stream said.
  numbers('output.characters', 'output', (output) => sum(choicesIn(output).map(charactersOf))),
  // Refusals are one of its categories.
  { ...feature('output.finish', 'output'), kind: 'categories', read: finishOfAnswer },
]

export const completionFeatures: readonly Feature[] = [
  numbers('input.characters', 'input', (input) => lengthOf(isJsonObject(input) ? input.prompt : undefined)),
  numbers('output.characters', 'output', (output) => lengthOf(isJsonObject(output) ? output.text : undefined)),
  {
    ...feature('output.finish', 'output'),
    kind: 'categories',
    read: (output) =>
      isJsonObject(output) && typeof output.finishReason === 'string' ? output.finishReason : undefined,
  },
]

function feature(name: string, of: Feature['of']) {
  return { name, key: name, of }
}

function numbers(name: string, of: Feature['of'], read: (value: unknown) => number | undefined): Feature {
  return { ...feature(name, of), kind: 'numbers', read }
}

function messagesIn(input: unknown): readonly unknown[] {
  return isJsonObject(input) && Array.isArray(input.messages) ? input.messages : []
}

function choicesIn(output: unknown): readonly unknown[] {
  return isJsonObject(output) && Array.isArray(output.choices) ? output.choices : []
}

/** Of a message or a choice: of its texts, its reasoning, what its tools are asked and what they answered. */
function charactersOf(said: unknown): number {
  const content = isJsonObject(said) ? said.content : undefined
  if (!Array.isArray(content)) return 0
  return sum(
    content.map((part: unknown) => {
      if (!isJsonObject(part)) return 0
      return (lengthOf(part.text) ?? 0) + (lengthOf(part.arguments) ?? 0) + charactersOf(part)
    }),
  )
}

function lengthOf(text: unknown): number | undefined {
  return typeof text === 'string' ? text.length : undefined
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
