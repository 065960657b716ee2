/** Flags of `astraapi start` as they were given, not those that the environment or a default set. */
export type GivenFlags = Readonly<Partial<Record<(typeof startFlags)[number], string>>>

export const startFlags = [
  ...(['listen', 'adminListen', 'trustedProxies', 'tlsCert', 'tlsKey', 'adminTlsCert', 'adminTlsKey'] as const),
  ...(['data', 'config', 'models'] as const),
] as const

/** One word of a POSIX shell's command line, quoted where it has to be. */
export function shellWord(word: string): string {
  return /^[\w./:=@-]+$/.test(word) ? word : quote(word)
}

/** For a POSIX shell. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** A command that can be pasted, with those of the given flags that it takes. */
export function commandLine(command: string, flags: GivenFlags, takes: readonly (keyof GivenFlags)[]): string {
  const words = takes.flatMap((name) =>
    flags[name] === undefined
      ? []
      : [`--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, flags[name]],
  )
  return [command, ...words.map(shellWord)].join(' ')
}
