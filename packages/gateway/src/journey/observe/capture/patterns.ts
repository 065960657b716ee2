import { isIPv6 } from 'node:net'
import { secretWord } from './secret-names.ts'

/**
 * What is replaced wherever it stands in a text: a net with holes, whose meshes are these rows. A row costs time in proportion to the
 * text, whatever the text is: each match is bounded in length, or a look-behind keeps another from beginning inside of it.
 */
export interface Pattern {
  /** What stands in its place. */
  readonly label: string
  /** Global. */
  readonly form: RegExp
  /** How many characters of the match are it; 0: none. Left out: all. */
  readonly length?: (match: string) => number
  /** Without one of these there is no match: to look for them is cheaper. */
  readonly needs?: readonly string[]
}

/** Of any script, without the marks of punctuation; properties of Unicode cost several times as much. */
const letters = '\\w\\u00aa-\\u1fff\\u2070-\\u2fff\\u3040-\\uffff'
const letter = `[${letters}]`
const local = `[${letters}.%+'-]`
/** Between groups of digits: blanks and dashes of all sorts, as text programs write them. */
const gap = '[ .\\u00a0\\u2007\\u2010-\\u2015\\u202f-]?'
const four = '\\d{4}'
const card = (form: string): Pattern => ({
  label: '[card]',
  form: new RegExp(`(?<!\\d)${form}(?!\\d)`, 'g'),
  length: (match) => (isCard(match) ? match.length : 0),
})

/** Between the name of a secret and its value; a mark that stands there already is none. */
const said = '\\\\?["\']?[ \\t]{0,3}[:=]>?[ \\t]{0,3}(?!\\[(?:token|key|private key)\\])'
/** Up to the closing quote, or so many characters and the end of the word. */
const quoted = `(?<quote>["'])(?:\\\\.|(?!\\k<quote>)[^\\\\\\r\\n]){1,256}(?:\\k<quote>|[^\\s"',;]*)`
const quotedTwice = `\\\\(?<inner>["'])(?:(?!\\\\?\\k<inner>)[^\\r\\n]){1,256}(?:\\\\?\\k<inner>|[^\\s"',;]*)`

/** In this order: what an earlier row took is not looked at again. */
export const patterns: readonly Pattern[] = [
  // RFC 7468, section 3: the text between its lines is base64; older ones have headers.
  { label: '[private key]', form: /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\w+/=\s\\:,]*/g, needs: ['-----BEGIN'] },
  // RFC 7519, section 3: the header of a JSON Web Token is a base64url JSON object.
  { label: '[token]', form: /(?<![\w.-])eyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?/g, needs: ['eyJ'] },
  // RFC 6750, section 2.1.
  { label: '[token]', form: /\bbearer[ \t]{1,3}[\w.~+/-]{8,}={0,2}/gi },
  // RFC 7617, section 2: "user:password" in base64.
  {
    label: '[token]',
    form: /\bbasic[ \t]{1,3}[\w+/-]{8,1024}={0,2}/gi,
    length: (match) => (holdsLogin(match) ? match.length : 0),
  },
  // The prefixes that vendors document for their keys, ours among them.
  {
    label: '[key]',
    form: /(?<![A-Za-z0-9])(?:astra_|sk-|pk_live_|[sr]k_(?:live|test)_|gh[oprsu]_|github_pat_|glpat-|xox[abeprs]-|xapp-|hf_|npm_|dop_v1_|SG\.|AIza|ya29\.|whsec_)[\w.-]{16,}/g,
  },
  // AWS, "Unique identifiers" of IAM.
  { label: '[key]', form: /(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9])/g },
  // RFC 3986, section 3.2.1: "user:password" before a host.
  { label: '://[login]@', form: /:\/\/[^\s/@:"']{1,128}:[^\s/@"']{1,128}@/g, needs: ['://'] },
  // RFC 9110, section 11.6.2, and RFC 6265, section 4.2: headers hold several values in a line.
  {
    label: '[secret]',
    form: /(?<![\w-])(?:(?:proxy-)?authorization|(?:set-)?cookie):[ \t]{0,3}(?![ \t]|\[token\])[^\r\n]{1,1024}/gi,
  },
  // "password: x", "api_key=x", "secret": "x y", and in JSON within JSON \"secret\": \"x y\".
  { label: '[secret]', form: new RegExp(`${secretWord}${said}(?:${quotedTwice}|${quoted}|[^\\s,;]+)`, 'gi') },
  // RFC 5322, section 3.4.1, without quoted local parts; "%40" as in addresses of the web.
  {
    label: '[e-mail]',
    form: new RegExp(`(?<!${local})${local}+(?:@|%40)${letter}[${letters}.-]*`, 'g'),
    length: withoutEnd,
    needs: ['@', '%40'],
  },
  // ISO 13616; the check is that of ISO 7064, MOD 97-10.
  {
    label: '[iban]',
    form: /(?<![A-Z0-9])[A-Z]{2}\d{2}(?:[ \u00a0-]?[A-Z0-9]){11,29}/gi,
    length: ibanLength,
  },
  // ISO/IEC 7812: 12 to 19 digits, the last by Luhn; grouped as cards are printed.
  card(`${four}${gap}${four}${gap}${four}${gap}${four}${gap}\\d{1,3}`),
  card(`${four}${gap}${four}${gap}${four}${gap}${four}`),
  card(`\\d{4}${gap}\\d{6}${gap}\\d{4,5}`),
  card('\\d{12,19}'),
  // RFC 4291, section 2.2; a zone or the length of a prefix may follow.
  {
    label: '[ip]',
    form: /(?:(?<![\w:.])|(?<=[g-z_]:))(?=[\dA-F]{0,4}:[\dA-F]{0,4}:)[\dA-F:.]{2,45}(?![\dA-F:.])/gi,
    length: ipv6Length,
    needs: [':'],
  },
  {
    label: '[ip]',
    form: /(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?!\d|\.\d)/g,
  },
  // ITU-T E.164: at most 15 digits, "+" and the country's code before them; many write 00 for "+".
  { label: '[phone]', form: /(?:\+|(?<![\d.,])00)[ ]?[1-9](?:[ ().\u00a0/-]{0,3}\d){6,14}(?!\d)/g },
  // North American Numbering Plan.
  { label: '[phone]', form: /(?<![\d.])(?:\([2-9]\d{2}\)[ ]?|[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]\d{4}(?!\d)/g },
  // Elsewhere a number within the country begins with 0 (ITU-T E.123, section 2).
  {
    label: '[phone]',
    form: /(?<![\d.,:/+-])\(?0\d{1,5}\)?[ /-]{1,3}\d{2,8}(?:[ -]\d{2,6}){0,4}(?!\d)/g,
    length: (match) => (isNationalNumber(match) ? match.length : 0),
  },
  { label: '[phone]', form: /(?<![\d.,])0[1-9]\d{8,10}(?!\d)/g },
]

/** The text with all that the rows find replaced. */
export function masked(text: string): string {
  return patterns.reduce(replaced, text)
}

function replaced(text: string, { label, form, length, needs }: Pattern): string {
  if (needs && !needs.some((one) => text.includes(one))) return text
  let out = ''
  let from = 0
  form.lastIndex = 0
  for (let match = form.exec(text); match; match = form.exec(text)) {
    const taken = length ? length(match[0]) : match[0].length
    // What begins a little further on may be one, though this is none.
    form.lastIndex = match.index + (taken || 1)
    if (taken === 0) continue
    out += text.slice(from, match.index) + label
    from = form.lastIndex
  }
  return from === 0 ? text : out + text.slice(from)
}

/** After "basic" many another word may follow. */
function holdsLogin(match: string): boolean {
  const text = Buffer.from(match.slice('basic'.length).trim(), 'base64').toString('latin1')
  return /^[\x20-\x7e\xa0-\xff]*:[\x20-\x7e\xa0-\xff]*$/.test(text)
}

/** A number that is a payment card's: some come as numbers of JSON. */
export function isCardNumber(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1e11 && isCard(String(value))
}

/** Networks' first digits (ISO/IEC 7812-1): travel, banking, merchandising; the others issue no payment cards. */
function isCard(match: string): boolean {
  const digits = match.replace(/\D/g, '')
  return digits.length >= 12 && digits.length <= 19 && /^[2-6]/.test(digits) && luhn(digits)
}

/** ISO/IEC 7812-1, annex B. */
function luhn(digits: string): boolean {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i])
    const weighed = i % 2 === 1 ? digit * 2 : digit
    sum += weighed > 9 ? weighed - 9 : weighed
  }
  return sum % 10 === 0
}

/** By country, from the SWIFT registry of IBANs. */
const ibanLengths: Readonly<Record<number, string>> = {
  15: 'NO',
  16: 'BE',
  18: 'DK FI FK FO GL NL SD',
  19: 'MK SI',
  20: 'AT BA EE KZ LT LU MN XK',
  21: 'CH HR LI LV',
  22: 'BG BH CR DE GB GE IE ME RS VA',
  23: 'AE GI IL IQ OM SO TL',
  24: 'AD CZ ES MD PK RO SA SE SK TN VG',
  25: 'LY PT ST',
  26: 'IS TR',
  27: 'BI DJ FR GR IT MC MR SM',
  28: 'AL AZ BY CY DO GT HN HU LB NI PL SV',
  29: 'BR EG PS QA UA',
  30: 'JO KW MU YE',
  31: 'MT SC',
  32: 'LC',
  33: 'RU',
}
const lengthOf = new Map(
  Object.entries(ibanLengths).flatMap(([length, countries]) =>
    countries.split(' ').map((country) => [country, Number(length)] as const),
  ),
)

const gaps = ' -\u00a0'

/** Words may follow it without a mark between: so many characters as its country has. */
function ibanLength(match: string): number {
  const length = lengthOf.get(match.slice(0, 2).toUpperCase())
  if (length === undefined) return 0
  let taken = 0
  let iban = ''
  for (; taken < match.length && iban.length < length; taken++) {
    const character = match[taken] ?? ''
    if (!gaps.includes(character)) iban += character
  }
  return mod97(iban.slice(4) + iban.slice(0, 4)) === 1 ? taken : 0
}

/** Letters count from A = 10 on. */
function mod97(text: string): number {
  let rest = 0
  for (const character of text) {
    const value = Number.parseInt(character, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest
}

function ipv6Length(match: string): number {
  const trimmed = match.slice(0, withoutEnd(match))
  const one = [trimmed, trimmed.replace(/:$/, '')].find(isIPv6)
  return one && one !== '::' ? one.length : 0
}

/** A full stop after an address is none of it. */
function withoutEnd(match: string): number {
  let length = match.length
  while (match[length - 1] === '.' || match[length - 1] === '-') length--
  return length
}

/** And no date such as 01-02-2026, which has eight digits too. */
function isNationalNumber(match: string): boolean {
  const digits = match.replace(/\D/g, '').length
  return digits >= 8 && digits <= 13 && !/^0\d[-/ ]\d{2}[-/ ]\d{4}/.test(match)
}
