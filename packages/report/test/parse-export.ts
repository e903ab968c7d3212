/** Parses the JSON that an export writes in pieces. */
export function parsed(chunks: Iterable<string>): Record<string, unknown> {
  return JSON.parse([...chunks].join(''))
}
