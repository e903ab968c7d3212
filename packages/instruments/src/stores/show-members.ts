const MAX_MEMBERS = 10

/** Joins a query's first members with commas. Adds `...` if there are more. */
export function showMembers<T>(members: readonly T[], show: (member: T) => string): string {
  const shown = members.slice(0, MAX_MEMBERS).map(show)
  return [...shown, ...(members.length > MAX_MEMBERS ? ['...'] : [])].join(', ')
}
