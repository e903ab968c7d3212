/** The name of a served request in OSProfiler's records. */
const SERVED_REQUEST_NAME = 'wsgi'

/**
 * Returns a point's name for people, which is `request` for a served request. Records and exports keep the name `wsgi`.
 */
export function shownName(name: string): string {
  return name === SERVED_REQUEST_NAME ? 'request' : name
}

/**
 * Returns the names that points have in records if people see them as `shown`. For `request`, these are `wsgi`, and
 * `request` itself, because a user may have chosen this name.
 */
export function recordedNames(shown: string): readonly string[] {
  return shown === 'request' ? [SERVED_REQUEST_NAME, shown] : [shown]
}
