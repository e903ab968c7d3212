import type { LookupFunction } from 'node:net'
import { Array, Error, Number, String } from '@osprofiler/core/toolkit'
import type { Host } from '../opening/connection-url.js'
import { endsConnection, isForOtherServer, mayConcernOneCommand, toSentinelRefusal } from './failure.js'
import { createKeptLink } from './kept-link.js'
import { createRedisLinks, type RedisLink, type RedisLinks } from './link.js'
import { type RedisRoute, toValues } from './route.js'
import type { RedisSettings } from './url.js'

/**
 * Creates a route to a single server: the host of the connection string, or the current master according to the
 * Sentinels.
 */
export function createMasterRoute(settings: RedisSettings, lookup: LookupFunction): RedisRoute {
  const links = createRedisLinks(settings, lookup)
  const kept = createKeptLink(async () => {
    if (settings.kind === 'sentinel') return await openMaster(settings, links)
    const [host] = settings.hosts
    if (host === undefined) throw new Error('No host is named.')
    return await links.open(host, settings.login, settings.db)
  })

  return {
    async send(commands) {
      const link = await kept.borrow()
      const replies = await link.send(commands.map(({ command }) => command))
      if (replies.some(reply => reply.outcome === 'refused' && mustReconnect(reply.error))) await kept.close()
      return replies
    },
    openLinks: async () => [await kept.borrow()],
    destroy: links.destroyAll,
  }
}

/** Asks one Sentinel after another for the address of the master, and then asks that server for its role. */
async function openMaster(settings: RedisSettings, links: RedisLinks): Promise<RedisLink> {
  const { destroyCount } = links
  let failure: unknown
  for (const sentinel of settings.hosts) {
    if (links.destroyCount !== destroyCount) break
    try {
      const master = await findMaster(sentinel, settings, links)
      const link = await links.open(master, settings.login, settings.db)
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

async function findMaster(sentinel: Host, settings: RedisSettings, links: RedisLinks): Promise<Host> {
  const link = await links.open(sentinel, settings.sentinelLogin, 0).catch(error => {
    throw toSentinelRefusal(error)
  })
  try {
    const [address] = toValues(await link.send([['sentinel', 'get-master-addr-by-name', settings.masterName]]))
    if (Array.isArray(address)) return { host: String(address[0]), port: Number(address[1]) }
    throw new Error(`its Sentinels know no master "${settings.masterName}"`)
  } finally {
    link.close()
  }
}

/**
 * Returns whether to reconnect after a refusal. This is necessary if the server became a replica, will end the
 * connection, or still counts a large command as used memory.
 */
function mustReconnect(refusal: Error): boolean {
  return isForOtherServer(refusal) || endsConnection(refusal) || mayConcernOneCommand(refusal)
}
