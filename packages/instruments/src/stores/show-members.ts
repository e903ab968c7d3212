const MAX_MEMBERS = 10

/** The first members of a query, a comma between each two, and `...` where there are more. */
export function showMembers<T>(members: readonly T[], show: (member: T) => string): string {
  const shown = members.slice(0, MAX_MEMBERS).map(show)
  return [...shown, ...(members.length > MAX_MEMBERS ? ['...'] : [])].join(', ')
}
