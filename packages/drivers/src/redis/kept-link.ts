import type { RedisLink } from './link.js'

/** A connection that is opened on first use. If the connection has broken, the next use opens a new connection. */
export interface KeptLink {
  borrow(): Promise<RedisLink>
  /** Closes the connection. The next `borrow` opens a new connection. */
  close(): Promise<void>
}

/** Keeps one connection for all callers. Calls `open` if there is no open connection. */
export function createKeptLink(open: () => Promise<RedisLink>): KeptLink {
  let current: Promise<RedisLink> | undefined
  return {
    async borrow() {
      const seen = current
      const link = await seen?.catch(() => undefined)
      if (link?.isOpen === true) return link
      // If several callers find the connection broken, the first caller opens a new connection for all of them.
      if (current === seen) current = open()
      return await (current ?? open())
    },
    async close() {
      const seen = current
      current = undefined
      const link = await seen?.catch(() => undefined)
      link?.close()
    },
  }
}
