import { writeFile } from 'node:fs/promises'
import { usageFault } from './failures.ts'

/** Writes a file that the command line named; one that can't be written is a fault of that line. */
export async function writeOutput(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text)
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? error.code : error
    throw usageFault(`${file} cannot be written (${reason}).`)
  }
}
