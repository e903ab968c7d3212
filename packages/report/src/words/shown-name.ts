/** What OSProfiler calls a served request on the wire. */
const SERVED = 'wsgi'

/**
 * A point's name as people read it: a served request is a `request`. Its name on the wire, `wsgi`, stays in records, in
 * reports as JSON and in what is exported for other tools.
 */
export function shownName(name: string): string {
  return name === SERVED ? 'request' : name
}

/** The names on the wire that people may mean by a name: `request` may be `wsgi`, or a name of somebody's own. */
export function recordedNames(shown: string): readonly string[] {
  return shown === 'request' ? [SERVED, shown] : [shown]
}
