/**
 * The entity tags of an If-Match, without their quotes; undefined when there are none. If-Match compares strongly (RFC 9110,
 * 13.1.1), so a weak tag stays as it was sent and equals no revision. A tag without quotes is read as well: people type it.
 */
export function entityTags(header: string | undefined): readonly string[] | undefined {
  return header?.match(/(?:W\/)?"[^"]*"|[^\s,"]+/g)?.map((tag) => tag.replace(/^"(.*)"$/, '$1'))
}
