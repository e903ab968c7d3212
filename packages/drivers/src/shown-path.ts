/** A path without what looks like a password, in case a connection string for another store ended up in it. */
export function toShownPath(path: string): string {
  return path.replace(/:.*@/s, ':***@')
}
