import type { WhyLevel } from '../options/why-options.js'
import { toWishName } from '../tickets/wishes.js'

/**
 * Returns the level of the account that a ticket requests from this service, or `undefined` if it requests none. A wish
 * that names the service has priority over other wishes, and `cpu` has priority over `waits`.
 *
 * @param wants the ticket's wishes
 * @param readService returns the name of this service, which may have to be read from a file
 */
export function readWhyWish(wants: readonly string[], readService: () => string): WhyLevel | undefined {
  if (!wants.some(wish => wish.startsWith('why='))) return undefined
  const here = toWishName(readService())
  const levelsOf = (suffix: string): readonly WhyLevel[] =>
    (['cpu', 'waits'] as const).filter(level => wants.includes(`why=${level}${suffix}`))
  return levelsOf(`@${here}`)[0] ?? levelsOf('')[0]
}
