import { AstraError, createAstra } from '@astraapi/sdk'
import { createClient } from './generated/astra-models.ts'

/** What must not compile: each line that a comment marks, with the error that it names, and no other. */
export async function wrong(): Promise<void> {
  const astra = createClient({ url: 'https://astra.test', key: 'k' })
  const { spam, story, supportChat } = astra.models

  await spam.v1.predict({ txt: 'a' }) // TS2561 a wrong field, with the right one suggested
  await spam.v1.predict({ text: 'a', language: 'en' }) // TS2353 a field of another major
  await spam.v1.predict({}) // TS2741 a field missing
  await spam.v1.predict({ text: 7 }) // TS2322 a wrong type
  await spam.v1.predict({ text: null }) // TS2322 null where it is not taken
  await spam.v1.batch([{ text: 'a' }, { txt: 'b' }]) // TS2561 a wrong field within a batch
  await spam.v1.predict({ text: 'a' }, { units: 'u' }) // TS2561 a wrong option
  await spam.v1.predict({ text: 'a' }, { cache: 'never' }) // TS2322 a wrong value of an option

  await astra.models.spma.v1.predict({ text: 'a' }) // TS2339 an unknown model
  await astra.models.llama3.v1.predict({ 'a-b': true }) // TS2551 a name that is not offered
  await spam.v3.predict({ text: 'a' }) // TS2339 an unknown major
  await astra.model('spam', 'v3') // TS2345 an unknown major by name
  await astra.model('spma', 'v1') // TS2345 an unknown model by name

  const { output } = await spam.v1.predict({ text: 'a' })
  console.log(output.confidence) // TS2339 an output field that does not exist
  console.log(output.label === 'eggs') // TS2367 a label that does not exist

  spam.v1.stream({ text: 'a' }) // TS2339 a contract that does not stream
  for await (const chunk of story.v1.stream({ prompt: 'a' })) console.log(chunk.txt) // TS2551 a field of a chunk
  story.v1.stream({ promt: 'a' }) // TS2561 a wrong field of a streamed call

  await supportChat.v1.predict({ messages: [{ role: 'tool', text: 'a' }] }) // TS2353 a field of another alternative
  await astra.models['llama-3'].v1.predict({ 'a-b': true, pair: ['a'] }) // TS2322 a place of a tuple
  await astra.models['llama-3'].v1.predict({ 'a-b': true, weights: { a: 'b' } }) // TS2322 a value of a map
  await astra.models['llama-3'].v1.predict({ 'a-b': true, empty: { a: 1 } }) // TS2322 anything in an empty object

  const [first] = (await spam.v1.batch([{ text: 'a' }])).results
  console.log(first?.output.label) // TS18048 an output that may be an error
  await astra.feedback({ metric: 'correct', value: true }) // TS2345 feedback on nothing
  createAstra({ url: 'https://astra.test' }) // TS2741 a client without a key
  console.log(new AstraError({ code: 'x', detail: '', next: '' }).kode) // TS2339 an error field that does not exist
}
