import type { LookupFunction } from 'node:net'
import { Array, Error, isError, Map, Number, Promise, Set, String } from '@osprofiler/core/toolkit'
import { loadClient } from '../opening/client-package.js'
import type { Host } from '../opening/connection-url.js'
import { isForOtherServer } from './failure.js'
import { createKeptLink, type KeptLink } from './kept-link.js'
import { createRedisLinks, type RedisCommand, type RedisLinks, type RedisReply } from './link.js'
import { type KeyedCommand, type RedisRoute, toValues } from './route.js'
import type { RedisSettings } from './url.js'

/** A command that waits for its answer, and the server to which it is sent. */
interface RoutedCommand extends KeyedCommand {
  readonly index: number
  readonly host: Host
  /** Whether the slot is being moved to `host`, so that `ASKING` must be sent before the command. */
  readonly mustAsk: boolean
}

const MAX_REDIRECTIONS = 5
const REDIRECTION_REPLY = /^(MOVED|ASK) \d+ (.*):(\d+)$/

/**
 * Creates a route to the nodes of a Redis Cluster. The commands for one master are sent together. A command is
 * redirected if its slot has moved to another node. The client's own `Cluster` class is not used. If a connection
 * breaks, that class repeats a batch that the server may already have executed.
 */
export function createClusterRoute(settings: RedisSettings, lookup: LookupFunction): RedisRoute {
  const opened = createRedisLinks(settings, lookup)
  const links = new Map<string, KeptLink>()
  let owners: Promise<readonly Host[]> | undefined

  function getLink(host: Host): KeptLink {
    const address = `${host.host}:${host.port}`
    const known = links.get(address)
    if (known !== undefined) return known
    const made = createKeptLink(() => opened.open(host, settings.login, 0))
    links.set(address, made)
    return made
  }

  async function findSlotOwners(): Promise<readonly Host[]> {
    const seen = owners
    const found = await seen?.catch(() => undefined)
    if (found !== undefined) return found
    if (owners === seen) owners = loadSlotOwners(settings.hosts, getLink, opened)
    return await (owners ?? [])
  }

  async function sendAll(commands: readonly RoutedCommand[], replies: RedisReply[]): Promise<void> {
    const byHost = new Map<KeptLink, RoutedCommand[]>()
    for (const routed of commands) {
      const link = getLink(routed.host)
      const group = byHost.get(link)
      if (group === undefined) byHost.set(link, [routed])
      else group.push(routed)
    }
    await Promise.all(
      [...byHost].map(async ([link, group]) => {
        const answered = await sendTogether(link, group)
        for (const [at, { index }] of group.entries()) replies[index] = answered[at] ?? createLostReply()
      }),
    )
  }

  return {
    async send(commands) {
      const { Command } = await loadClient('ioredis')
      const slots = await findSlotOwners()
      const replies: RedisReply[] = []
      let pending = commands.map(({ key, command }, index): RoutedCommand => {
        const host = slots[new Command('get', [key]).getSlot()]
        if (host === undefined) throw new Error('CLUSTERDOWN a slot has no owner')
        return { key, command, index, host, mustAsk: false }
      })
      for (let round = 0; pending.length > 0 && round < MAX_REDIRECTIONS; round++) {
        await sendAll(pending, replies)
        pending = pending.flatMap(routed => redirect(routed, replies[routed.index]) ?? [])
      }
      if (replies.some(showsOutdatedOwners)) owners = undefined
      return replies
    },
    async openLinks() {
      const hosts = new Set(await findSlotOwners())
      return await Promise.all([...hosts].map(host => getLink(host).borrow()))
    },
    destroy: opened.destroyAll,
  }
}

async function sendTogether(link: KeptLink, commands: readonly RoutedCommand[]): Promise<readonly RedisReply[]> {
  try {
    const open = await link.borrow()
    const replies = await open.send(
      commands.flatMap(({ command, mustAsk }): RedisCommand[] => (mustAsk ? [['asking'], command] : [command])),
    )
    let at = 0
    return commands.map(({ mustAsk }) => {
      at += mustAsk ? 2 : 1
      return replies[at - 1] ?? createLostReply()
    })
  } catch (error) {
    // Nothing was sent to this node, so the commands for this node count as refused. The other nodes got their
    // commands.
    return commands.map(() => ({ outcome: 'refused', error: isError(error) ? error : new Error(String(error)) }))
  }
}

function redirect(routed: RoutedCommand, reply: RedisReply | undefined): RoutedCommand | undefined {
  if (reply?.outcome !== 'refused') return undefined
  const [, kind, host, port] = REDIRECTION_REPLY.exec(reply.error.message) ?? []
  if (kind === undefined) return undefined
  // A redirection without a host name refers to the host that sent the redirection.
  const to = { host: host === undefined || host === '' ? routed.host.host : host, port: Number(port) }
  return { ...routed, host: to, mustAsk: kind === 'ASK' }
}

/** Returns whether a reply shows that the known owners of the slots may be out of date. */
function showsOutdatedOwners(reply: RedisReply): boolean {
  return (
    reply.outcome === 'lost' ||
    (reply.outcome === 'refused' && (isForOtherServer(reply.error) || 'code' in reply.error))
  )
}

function createLostReply(): RedisReply {
  return { outcome: 'lost', error: new Error('Connection is closed.') }
}

/** Returns the master of each slot, according to the first host that answers. */
async function loadSlotOwners(
  hosts: readonly Host[],
  linkTo: (host: Host) => KeptLink,
  opened: RedisLinks,
): Promise<readonly Host[]> {
  const { destroyCount } = opened
  let failure: unknown
  for (const host of hosts) {
    if (opened.destroyCount !== destroyCount) break
    try {
      const link = await linkTo(host).borrow()
      const [ranges] = toValues(await link.send([['cluster', 'SLOTS']]))
      return toSlotOwners(ranges, host)
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

function toSlotOwners(ranges: unknown, asked: Host): readonly Host[] {
  const owners: Host[] = []
  const hosts = new Map<string, Host>()
  for (const range of Array.isArray(ranges) ? ranges : []) {
    const [from, to, [name, port]] = range
    const address = { host: typeof name === 'string' && name !== '' ? name : asked.host, port: Number(port) }
    const key = `${address.host}:${address.port}`
    const host = hosts.get(key) ?? address
    hosts.set(key, host)
    for (let slot = Number(from); slot <= Number(to); slot++) owners[slot] = host
  }
  return owners
}
