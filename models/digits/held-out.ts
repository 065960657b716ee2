import { readFileSync } from 'node:fs'

export interface HeldOutDigit {
  /** 8 x 8 pixels, row by row, 0 (paper) to 16 (ink). */
  readonly pixels: readonly number[]
  /** "0" to "9". */
  readonly label: string
}

/** The images that no digits version was trained on: about half of scikit-learn's digits. */
export function* heldOutDigits(): Generator<HeldOutDigit> {
  const images: readonly { label: string; pixels: string }[] = JSON.parse(
    readFileSync(new URL('held-out.json', import.meta.url), 'utf8'),
  )
  // One character a pixel, in base 17.
  for (const { label, pixels } of images)
    yield { label, pixels: [...pixels].map((pixel) => Number.parseInt(pixel, 17)) }
}
