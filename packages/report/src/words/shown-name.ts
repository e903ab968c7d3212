/** OSProfiler's name for a served request on the wire. */
const SERVED_REQUEST_NAME = 'wsgi'

/** Returns a point's name for people: `request` for a served request. Records and exports keep the wire name `wsgi`. */
export function shownName(name: string): string {
  return name === SERVED_REQUEST_NAME ? 'request' : name
}

/** Returns the names on the wire that a shown name may mean: `request` may be `wsgi`, or a name of the user's own. */
export function recordedNames(shown: string): readonly string[] {
  return shown === 'request' ? [SERVED_REQUEST_NAME, shown] : [shown]
}
