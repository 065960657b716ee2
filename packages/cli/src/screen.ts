import { styleText } from 'node:util'

export type Colour = 'red' | 'green' | 'yellow' | 'dim' | 'bold'

/** Where a command writes. */
export interface Screen {
  /** One line of text, from whomever; coloured on a terminal only. */
  line(text: string, colour?: Colour): void
  /** Text that goes on. */
  text(text: string): void
  /** As it is: JSON, YAML, a key. */
  raw(text: string): void
}

export function createScreen(stream: { write(text: string): unknown }, colours: boolean): Screen {
  return {
    line: (text, colour) =>
      stream.write(
        `${colours && colour ? styleText(colour, printable(text), { validateStream: false }) : printable(text)}\n`,
      ),
    text: (text) => stream.write(printable(text)),
    raw: (text) => stream.write(text),
  }
}

/** Notes, comments and models' words are others' text: without its control characters it can't steer the terminal. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd')
}
