/** Why the runtime cannot start: `message` is one line for whoever starts it, and says what to do next. */
export class StartupError extends Error {
  override readonly name = 'StartupError'
}

/** The code of a system error (`ENOENT`, …), if it is one. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
