import type { RedisLink } from './link.js'

/** A connection that is made when it is wanted, and anew once it has broken. */
export interface KeptLink {
  borrow(): Promise<RedisLink>
  /** Closes it. The next one who wants it has another made. */
  forget(): Promise<void>
}

/** Keeps what `open` makes for all who want it. */
export function keepLink(open: () => Promise<RedisLink>): KeptLink {
  let current: Promise<RedisLink> | undefined
  return {
    async borrow() {
      const seen = current
      const link = await seen?.catch(() => undefined)
      if (link?.isOpen === true) return link
      // Of several who find it broken, the first one has another made for all.
      if (current === seen) current = open()
      return await (current ?? open())
    },
    async forget() {
      const seen = current
      current = undefined
      const link = await seen?.catch(() => undefined)
      link?.close()
    },
  }
}
