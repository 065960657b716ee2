/** Words that name what is secret: as the end of a field's name, and before ":" or "=" in a text. */
const words =
  'pass(?:word|wd|phrase|code)s?|pwd|secrets?|token|(?:api|access|private|secret|signing|encryption)[ _-]?key|auth(?:orization)?|cookies?|credentials?'

/** "password2" is one, too. */
export const secretWord = `(?:${words})\\d{0,3}`

const ending = new RegExp(`${secretWord}$`, 'i')
/** A word of its own: "monkey_auth" and not "north". */
const lastWord = new RegExp(`(?:^|[^a-z0-9])${secretWord}$`, 'i')
/** Longer names are looked at from here on: words are shorter. */
const charactersMax = 64

/** "password", "db_password", "dbPassword", "x-api-key", "APIToken"; not "tokens", of which usage is made. */
export function isSecretName(name: string): boolean {
  const end = name.slice(-charactersMax)
  if (!ending.test(end)) return false
  const words = end.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
  return lastWord.test(words)
}
