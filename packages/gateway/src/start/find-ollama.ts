/** A language model that could be added. */
export interface Find {
  readonly fact: string
  /** Where it is: no hint, where a version goes to one of these already. */
  readonly addresses: readonly string[]
  /** What it is called where "chat" is taken. */
  readonly name: string
  /** Of `astraapi add`; none where there is nothing to add yet. */
  readonly flags: readonly string[]
}

export const usualOllama = 'http://127.0.0.1:11434'

/** A start takes longer, so it never waits for this. */
const withinMs = 300
const bytesMax = 1 << 20

/** An Ollama that answers there, by one of its models that can chat. Whatever else is there, or nothing, is no find. */
export async function findOllama(place: string): Promise<readonly Find[]> {
  const models = await modelsOf(place).catch(() => undefined)
  if (!models) return []
  const { host, port } = new URL(place)
  const addresses = [host, `localhost:${port}`, `[::1]:${port}`].map((at) => `http://${at}/v1`)
  const found = { addresses, name: 'ollama-chat' }
  const model = models.find((name) => !/embed/i.test(name))
  if (model === undefined)
    return [
      { ...found, fact: `An Ollama is at ${place} and has no model to chat with: "ollama pull llama3.2".`, flags: [] },
    ]
  const flags = ['--backend', 'openai', '--vendor', 'ollama', '--model', model, '--replica', `${place}/v1`]
  return [{ ...found, fact: `An Ollama is at ${place}`, flags }]
}

async function modelsOf(place: string): Promise<readonly string[] | undefined> {
  // Redirects would lead away from this machine.
  const response = await fetch(`${place}/api/tags`, { redirect: 'error', signal: AbortSignal.timeout(withinMs) })
  if (!response.ok || !response.body) return void response.body?.cancel()
  let text = ''
  const decoder = new TextDecoder()
  for await (const bytes of response.body) {
    text += decoder.decode(bytes, { stream: true })
    if (text.length > bytesMax) return undefined
  }
  const list: unknown = JSON.parse(text)
  if (typeof list !== 'object' || list === null || !('models' in list) || !Array.isArray(list.models)) return undefined
  return list.models.flatMap((model: unknown) =>
    typeof model === 'object' && model !== null && 'name' in model && isPlain(model.name) ? [model.name] : [],
  )
}

/** Another program's words come into a command that is pasted into a shell. */
function isPlain(name: unknown): name is string {
  return typeof name === 'string' && /^[\w./:-]{1,100}$/.test(name) && !name.startsWith('-')
}
