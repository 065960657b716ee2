import { usageFault } from './failures.ts'

/** A model as a command line names it. */
export interface NamedModel {
  readonly name: string
  /** "v1"; left out: the model's default. */
  readonly asked?: string
}

/** "chat", with its major in `--major`, or as "chat@v1", as the clients of the OpenAI door write it. */
export function readModel(text: string, major: string | undefined): NamedModel {
  const [name = '', ...majors] = text.split('@')
  const [asked, other] = [...new Set([...majors, ...(major === undefined ? [] : [major])].map(parseMajor))]
  if (other !== undefined)
    throw usageFault(`${text}${major === undefined ? '' : ` with --major ${major}`} names two majors: give one.`)
  return asked === undefined ? { name } : { name, asked }
}

/** "v1" of "v1" or "1". */
function parseMajor(text: string): string {
  if (!/^v?[1-9]\d*$/.test(text)) throw usageFault(`"${text}" is no major. Give it like v1: --major v1, or model@v1.`)
  return text.startsWith('v') ? text : `v${text}`
}
