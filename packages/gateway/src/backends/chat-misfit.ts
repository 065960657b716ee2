import type { ChatRequest } from '../kernel/chat.ts'
import { AstraError } from '../kernel/errors.ts'

/** `Backend.chatMisfit` of whoever refuses what cannot be carried while it writes a request. */
export function chatMisfit(write: (chat: ChatRequest) => unknown, chat: ChatRequest): string | undefined {
  try {
    write(chat)
    return undefined
  } catch (thrown) {
    if (thrown instanceof AstraError && thrown.code === 'unsupported') return thrown.facts.detail
    throw thrown
  }
}
