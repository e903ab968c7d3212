/** Parses the JSON of an export, which is in pieces. */
export function parsed(chunks: Iterable<string>): Record<string, unknown> {
  return JSON.parse([...chunks].join(''))
}
