import type { ChatRequest, ChatTool } from '../../../kernel/chat.ts'
import { given } from '../../json.ts'
import { byType, form, membersOf, only, optional, type Read, required } from '../../members.ts'
import { booleanAt, objectAt, textAt, wrongAt } from '../../values.ts'

const toolForm = form(['type', 'name', 'description', 'parameters', 'strict'], {
  async: only(false),
  defer_loading: only(false),
})

/** Tools that run at the vendor have another type. */
export const readTool: Read<ChatTool> = byType({
  function: (value, path) => {
    const members = membersOf(value, path, toolForm)
    return {
      name: required(members, 'name', path, textAt),
      parameters: optional(members, 'parameters', path, objectAt) ?? { type: 'object', properties: {} },
      ...given({
        description: optional(members, 'description', path, textAt),
        strict: optional(members, 'strict', path, booleanAt),
      }),
    }
  },
})

const choiceForm = form(['type', 'name'], {})

export const readToolChoice: Read<NonNullable<ChatRequest['toolChoice']>> = (value, path) => {
  if (value === 'auto' || value === 'none' || value === 'required') return value
  if (typeof value === 'string') throw wrongAt(path, 'must be auto, none, required or a tool')
  return readNamedTool(value, path)
}

const readNamedTool = byType({
  function: (value, path) => ({ tool: required(membersOf(value, path, choiceForm), 'name', path, textAt) }),
})
