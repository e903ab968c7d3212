const KNOWN = /^(?:answer|code|why=(?:waits|cpu)(?:@[a-z0-9._-]+)?)$/
/**
 * The wish (an option in a ticket) for an answer, which is a report in the headers of the response. Only the first
 * service fulfills this wish.
 */
const ANSWER = 'answer'

/** Returns the wishes that this version supports. Other wishes have no effect, and are not forwarded. */
export function knownWishes(wants: readonly string[]): readonly string[] {
  return wants.filter(wish => KNOWN.test(wish))
}

/**
 * Returns the wishes that a service forwards: all except `answer` and a `why` that names this service. `wants` comes
 * from a grant, and thus contains only supported wishes.
 */
export function forwardedWishes(wants: readonly string[], service: string): readonly string[] {
  const here = `@${toWishName(service)}`
  return wants.filter(wish => wish !== ANSWER && !wish.endsWith(here))
}

/** Returns a service's name in the form that wishes use. */
export function toWishName(service: string): string {
  return service.toLowerCase().replace(/[^a-z0-9._-]/gu, '-')
}
