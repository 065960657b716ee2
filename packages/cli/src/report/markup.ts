/** HTML and SVG that is well-formed XML, too: made of elements, so that no text can become one. */
export interface Markup {
  readonly markup: string
}

export type Child = Markup | string | number | undefined | readonly Child[]
export type Attributes = Readonly<Record<string, string | number | undefined>>

const empty: ReadonlySet<string> = new Set(['meta', 'br'])

/** An element. Strings among its children are text; an attribute that is undefined is left out. */
export function el(name: string, attributes: Attributes, ...children: readonly Child[]): Markup {
  const head = Object.entries(attributes)
    .map(([key, value]) => (value === undefined ? '' : ` ${key}="${escaped(String(value))}"`))
    .join('')
  if (empty.has(name)) return { markup: `<${name}${head} />` }
  return { markup: `<${name}${head}>${contentOf(children)}</${name}>` }
}

function contentOf(child: Child): string {
  if (child === undefined) return ''
  if (typeof child === 'string' || typeof child === 'number') return escaped(String(child))
  return 'markup' in child ? child.markup : child.map(contentOf).join('')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** XML knows no control characters, not even as entities, and no half of a surrogate pair. */
function escaped(text: string): string {
  return (
    text
      .toWellFormed()
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]/g, '\ufffd')
      .replace(/[&<>"']/g, (sign) => entities[sign] ?? sign)
  )
}
