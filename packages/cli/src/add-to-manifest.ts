import { isDeepStrictEqual } from 'node:util'
import { Document, isMap, isScalar, parseDocument, type YAMLMap } from 'yaml'
import { Failure } from './failures.ts'
import type { ModelDraft } from './model-draft.ts'

export interface Added {
  /** The manifest as a whole. */
  readonly yaml: string
  /** What was put into it, as it stands there. */
  readonly lines: string
}

/** As the gateway reads it; lines stay as long as they are. */
const dialect = { schema: 'core', resolveKnownTags: false, merge: false, logLevel: 'error' } as const
/** As many as the gateway unfolds. */
const aliasCountMax = 1000
const writing = { lineWidth: 0, flowCollectionPadding: true } as const

/**
 * Puts a model behind those of a manifest. Everything else stays byte for byte, comments and order included, which writing the document
 * anew would not promise; only where there is no block of models to go on from, that is done.
 */
export function addToManifest(yaml: string, file: string, name: string, draft: ModelDraft): Added {
  const document = parseDocument(yaml, dialect)
  const [fault] = document.errors
  if (fault) throw notYaml(file, fault)
  const before = plain(document, file)
  const models = document.get('models')
  if ((document.contents !== null && !isMap(document.contents)) || (models && !isMap(models)))
    throw new Failure(1, `${file} is no manifest: "models" has to hold models by their names. Mend that first.`)
  if (isMap(models) && models.has(name))
    throw new Failure(
      1,
      `${file} has a model "${name}" already. Add a version to it there, or a model by another name: ${name}-2, say.`,
    )
  const indent = isMap(models) ? indentOf(models, yaml) : undefined
  const lines = modelLines(document, name, draft, indent ?? '  ')
  const spliced = indent === undefined ? undefined : splice(document, yaml, lines)
  if (spliced !== undefined && holds(spliced, file, { ...before, models: { ...before.models, [name]: draft } }))
    return { yaml: spliced, lines }
  if (isMap(models) && models.items.length > 0) models.set(name, draftNode(document, draft))
  else document.set('models', modelNode(document, name, draft))
  return { yaml: document.toString(writing), lines }
}

/** The column of the models' names, where they stand below each other. */
function indentOf(models: YAMLMap, yaml: string): string | undefined {
  const key = models.items[0]?.key
  if (models.flow || !isScalar(key) || !key.range) return undefined
  const [start] = key.range
  const before = yaml.slice(yaml.lastIndexOf('\n', start - 1) + 1, start)
  return /^ +$/.test(before) ? before : undefined
}

function modelLines(document: Document, name: string, draft: ModelDraft, indent: string): string {
  const alone = new Document(modelNode(document, name, draft))
  return alone.toString(writing).replace(/^(?=.)/gm, indent)
}

function modelNode(document: Document, name: string, draft: ModelDraft): YAMLMap {
  const node = document.createNode({}) as YAMLMap
  node.set(name, draftNode(document, draft))
  return node
}

/** A version is a line, as in the documentation. */
function draftNode(document: Document, draft: ModelDraft): YAMLMap {
  const node = document.createNode(draft) as YAMLMap
  const version = node.getIn(['contracts', 'v1', 'versions', '1.0'])
  if (isMap(version)) version.flow = true
  return node
}

/** Behind the last model: before the next key of the manifest with the comments that lead to it. */
function splice(document: Document, yaml: string, lines: string): string | undefined {
  if (!isMap(document.contents)) return undefined
  const { items } = document.contents
  const at = items.findIndex(({ key }) => isScalar(key) && key.value === 'models')
  const next = items[at + 1]?.key
  const end = isScalar(next) && next.range ? next.range[0] : yaml.length
  const head = yaml.slice(0, end).replace(/(?:(?<=\n)(?:#.*)?(?:\n|$))*$/, '')
  return `${head}${head.endsWith('\n') ? '' : '\n'}\n${lines}${yaml.slice(head.length)}`
}

/** Whether the text says what was meant, and nothing else changed. */
function holds(yaml: string, file: string, meant: Plain): boolean {
  const document = parseDocument(yaml, dialect)
  return document.errors.length === 0 && isDeepStrictEqual(plain(document, file), meant)
}

type Plain = { readonly models?: Readonly<Record<string, unknown>> } & Readonly<Record<string, unknown>>

/** Throws where an alias has no anchor. */
function plain(document: Document, file: string): Plain {
  try {
    return document.toJS({ maxAliasCount: aliasCountMax }) ?? {}
  } catch (error) {
    throw notYaml(file, error as Error)
  }
}

function notYaml(file: string, { message }: Error): Failure {
  return new Failure(1, `${file} is not YAML: ${message.split('\n')[0]} Mend that first.`)
}
