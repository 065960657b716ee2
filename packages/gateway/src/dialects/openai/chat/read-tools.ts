import type { ChatRequest, ChatTool } from '../../../kernel/chat.ts'
import type { JsonObject } from '../../dialect.ts'
import { booleanAt, listAt, objectAt, textAt } from '../../values.ts'
import { refuseUnknown, uncarried, wordAt } from './fields.ts'

export function readTools(value: unknown, path: string): readonly ChatTool[] {
  return listAt(value, path).map((tool, index) => readTool(objectAt(tool, `${path}/${index}`), `${path}/${index}`))
}

function readTool(tool: JsonObject, path: string): ChatTool {
  // Tools that a vendor runs or that take free text: only their own vendor knows them.
  if (tool.type !== 'function') throw uncarried(`tools.${textAt(tool.type, `${path}/type`)}`, `${path}/type`)
  refuseUnknown(tool, { type: true, function: true }, { cache_control: { why: 'a hint about caching' } }, path)
  const at = `${path}/function`
  const named = objectAt(tool.function, at)
  refuseUnknown(named, { name: true, description: true, parameters: true, strict: true }, {}, at)
  const { description, strict } = named
  return {
    name: textAt(named.name, `${at}/name`),
    parameters: objectAt(named.parameters ?? withoutParameters, `${at}/parameters`),
    ...(isGiven(description) ? { description: textAt(description, `${at}/description`) } : {}),
    ...(isGiven(strict) ? { strict: booleanAt(strict, `${at}/strict`) } : {}),
  }
}

const withoutParameters = { type: 'object', properties: {} }

type ToolChoice = NonNullable<ChatRequest['toolChoice']>

export function readToolChoice(value: unknown, path: string): ToolChoice {
  if (typeof value === 'string') return wordAt<'none' | 'auto' | 'required'>(value, path, ['none', 'auto', 'required'])
  const choice = objectAt(value, path)
  if (choice.type !== 'function') throw uncarried(`tool_choice.${textAt(choice.type, `${path}/type`)}`, `${path}/type`)
  refuseUnknown(choice, { type: true, function: true }, {}, path)
  const named = objectAt(choice.function, `${path}/function`)
  refuseUnknown(named, { name: true }, {}, `${path}/function`)
  return { tool: textAt(named.name, `${path}/function/name`) }
}

type ResponseFormat = NonNullable<ChatRequest['responseFormat']>

export function readResponseFormat(value: unknown, path: string): ResponseFormat {
  const format = objectAt(value, path)
  refuseUnknown(format, { type: true, json_schema: true }, {}, path)
  const type = wordAt(format.type, `${path}/type`, ['text', 'json_object', 'json_schema'])
  if (type === 'text') return { type: 'text' }
  return type === 'json_object' ? { type: 'json' } : readJsonSchema(format.json_schema, `${path}/json_schema`)
}

function readJsonSchema(value: unknown, path: string): ResponseFormat {
  const format = objectAt(value, path)
  refuseUnknown(format, { name: true, schema: true, description: true }, jsonSchemaSilent, path)
  const { schema, description } = format
  const name = textAt(format.name, `${path}/name`)
  if (!isGiven(schema)) return { type: 'json', name }
  return {
    type: 'json',
    name,
    schema: described(objectAt(schema, `${path}/schema`), description, `${path}/description`),
  }
}

const jsonSchemaSilent = {
  strict: { why: 'a schema that can be kept strictly is kept so in any case' },
}

/** The canonical form has no place for a description but in the schema itself, where models read it just as well. */
function described(schema: JsonObject, description: unknown, path: string): JsonObject {
  if (!isGiven(description)) return schema
  const words = [textAt(description, path), schema.description].filter((text) => typeof text === 'string')
  return { ...schema, description: words.join('\n') }
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null
}
