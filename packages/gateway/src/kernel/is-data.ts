/** Shorter texts are no picture and no sound. */
const dataMin = 256
/** Of either end so much is looked at: to look at all of 10 MB is 20 ms. Less than `dataMin`, for a data URL has words of its own before its data. */
const endLength = 128
const base64 = /^[\w+/=-]+\s*$/

/**
 * Whether a text is base64 or a data URL of it, and so no words: by its beginning and its end, as either may be what a text of words
 * begins or ends with. A language without spaces is no base64.
 */
export function isData(text: string): boolean {
  if (text.length < dataMin || !base64.test(text.slice(-endLength))) return false
  return text.startsWith('data:') || base64.test(text.slice(0, endLength))
}
