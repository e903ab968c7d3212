import type { LookupFunction } from 'node:net'
import { Array, Error, Number, String } from '@osprofiler/core/toolkit'
import type { Host } from '../opening/connection-url.js'
import { isElsewhere, isLast, mayBeOfOne, toSentinelRefusal } from './failure.js'
import { keepLink } from './kept-link.js'
import { createRedisLinks, type RedisLink, type RedisLinks } from './link.js'
import { type RedisRoute, toValues } from './route.js'
import type { RedisPlace } from './url.js'

/** Creates a route to one server: the named one, or the current master of the Sentinels. */
export function createMasterRoute(place: RedisPlace, lookup: LookupFunction): RedisRoute {
  const links = createRedisLinks(place, lookup)
  const kept = keepLink(async () => {
    if (place.kind === 'sentinel') return await openMaster(place, links)
    const [host] = place.hosts
    if (host === undefined) throw new Error('No host is named.')
    return await links.open(host, place.login, place.db)
  })

  return {
    async send(commands) {
      const link = await kept.borrow()
      const replies = await link.send(commands.map(({ command }) => command))
      if (replies.some(reply => reply.outcome === 'refused' && isStale(reply.error))) await kept.forget()
      return replies
    },
    openLinks: async () => [await kept.borrow()],
    cut: links.cut,
  }
}

/** Asks one Sentinel after another for the master, and the master for its role. */
async function openMaster(place: RedisPlace, links: RedisLinks): Promise<RedisLink> {
  const { cuts } = links
  let failure: unknown
  for (const sentinel of place.hosts) {
    if (links.cuts !== cuts) break
    try {
      const master = await askForMaster(sentinel, place, links)
      const link = await links.open(master, place.login, place.db)
      const [role] = toValues(await link.send([['role']]))
      if (Array.isArray(role) && role[0] === 'master') return link
      link.close()
      failure = new Error(`READONLY the Sentinel's master has become a ${Array.isArray(role) ? role[0] : 'replica'}`)
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

async function askForMaster(sentinel: Host, place: RedisPlace, links: RedisLinks): Promise<Host> {
  const link = await links.open(sentinel, place.sentinelLogin, 0).catch(error => {
    throw toSentinelRefusal(error)
  })
  try {
    const [address] = toValues(await link.send([['sentinel', 'get-master-addr-by-name', place.masterName]]))
    if (Array.isArray(address)) return { host: String(address[0]), port: Number(address[1]) }
    throw new Error(`its Sentinels know no master "${place.masterName}"`)
  } finally {
    link.close()
  }
}

/** Whether a connection is useless: its server became a replica, or still counts a command too large for its memory. */
function isStale(refusal: Error): boolean {
  return isElsewhere(refusal) || isLast(refusal) || mayBeOfOne(refusal)
}
