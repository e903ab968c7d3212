/** The name of a served request in OSProfiler's records. */
const SERVED_REQUEST_NAME = 'wsgi'

/**
 * Returns a point's name for people, which is `request` for a served request. Records and exports keep the name `wsgi`.
 */
export function shownName(name: string): string {
  return name === SERVED_REQUEST_NAME ? 'request' : name
}

/**
 * Returns the recorded names that a shown name may stand for. `request` may stand for `wsgi`, or for a name that the
 * user chose.
 */
export function recordedNames(shown: string): readonly string[] {
  return shown === 'request' ? [SERVED_REQUEST_NAME, shown] : [shown]
}
