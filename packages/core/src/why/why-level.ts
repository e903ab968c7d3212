import type { WhyLevel } from '../options/why-options.js'

/**
 * Returns the level that a ticket wishes of a service, or `undefined`. A wish that names the service wins. Otherwise,
 * `cpu` wins.
 *
 * @param wants the ticket's wishes
 * @param service the name of this service
 */
export function readWhyWish(wants: readonly string[], service: string): WhyLevel | undefined {
  if (wants.length === 0) return undefined
  const here = toWishName(service)
  const levelsOf = (suffix: string): readonly WhyLevel[] =>
    (['cpu', 'waits'] as const).filter(level => wants.includes(`why=${level}${suffix}`))
  return levelsOf(`@${here}`)[0] ?? levelsOf('')[0]
}

/** Returns a service's name in the form that wishes use. */
export function toWishName(service: string): string {
  return service.toLowerCase().replace(/[^a-z0-9._-]/g, '-')
}
