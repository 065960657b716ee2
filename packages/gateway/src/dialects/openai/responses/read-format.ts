import type { ChatRequest } from '../../../kernel/chat.ts'
import type { JsonObject } from '../../dialect.ts'
import { always, byType, form, membersOf, only, optional, type Read, required } from '../../members.ts'
import { objectAt, textAt } from '../../values.ts'

type ResponseFormat = NonNullable<ChatRequest['responseFormat']>

/** Medium is what a model does that knows no verbosity. */
const textForm = form(['format'], { verbosity: only('medium') })

export const readText: Read<ResponseFormat | undefined> = (value, path) =>
  optional(membersOf(value, path, textForm), 'format', path, readFormat)

const plainForm = form(['type'], {})
/** A schema that can be kept strictly is kept so in any case. */
const schemaForm = form(['type', 'name', 'schema', 'description'], { strict: always })

const readFormat = byType<ResponseFormat>({
  text: (value, path) => {
    membersOf(value, path, plainForm)
    return { type: 'text' }
  },
  json_object: (value, path) => {
    membersOf(value, path, plainForm)
    return { type: 'json' }
  },
  json_schema: (value, path) => {
    const members = membersOf(value, path, schemaForm)
    return {
      type: 'json',
      schema: described(required(members, 'schema', path, objectAt), optional(members, 'description', path, textAt)),
      name: required(members, 'name', path, textAt),
    }
  },
})

/** The canonical form has no place for a description but the schema itself, where models read it just as well. */
function described(schema: JsonObject, description: string | undefined): JsonObject {
  if (description === undefined) return schema
  const words = [description, schema.description].filter((text) => typeof text === 'string')
  return { ...schema, description: words.join('\n') }
}
