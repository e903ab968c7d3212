import type { LookupFunction } from 'node:net'
import { Array, Error, isError, Map, Number, Promise, Set, String } from '@osprofiler/core/toolkit'
import { loadClient } from '../opening/client-package.js'
import type { Host } from '../opening/connection-url.js'
import { isElsewhere } from './failure.js'
import { type KeptLink, keepLink } from './kept-link.js'
import { createRedisLinks, type RedisCommand, type RedisLinks, type RedisReply } from './link.js'
import { type KeyedCommand, type RedisRoute, toValues } from './route.js'
import type { RedisPlace } from './url.js'

/** A command that waits for its answer, and the server that it goes to. */
interface Errand extends KeyedCommand {
  readonly index: number
  readonly host: Host
  /** Whether the slot is moving to that server, so that `ASKING` must precede the command. */
  readonly asking: boolean
}

const MAX_REDIRECTIONS = 5
const REDIRECTION = /^(MOVED|ASK) \d+ (.*):(\d+)$/

/**
 * Creates a route to the nodes of a Cluster. The commands for one master go together, and follow slots that have moved.
 * The client's own Cluster class repeats a batch whose connection broke, though the first one may have been executed.
 */
export function createClusterRoute(place: RedisPlace, lookup: LookupFunction): RedisRoute {
  const opened = createRedisLinks(place, lookup)
  const links = new Map<string, KeptLink>()
  let owners: Promise<readonly Host[]> | undefined

  function linkTo(host: Host): KeptLink {
    const address = `${host.host}:${host.port}`
    const known = links.get(address)
    if (known !== undefined) return known
    const made = keepLink(() => opened.open(host, place.login, 0))
    links.set(address, made)
    return made
  }

  async function findOwners(): Promise<readonly Host[]> {
    const seen = owners
    const found = await seen?.catch(() => undefined)
    if (found !== undefined) return found
    if (owners === seen) owners = loadOwners(place.hosts, linkTo, opened)
    return await (owners ?? [])
  }

  async function sendAll(errands: readonly Errand[], replies: RedisReply[]): Promise<void> {
    const byHost = new Map<KeptLink, Errand[]>()
    for (const errand of errands) {
      const link = linkTo(errand.host)
      const group = byHost.get(link)
      if (group === undefined) byHost.set(link, [errand])
      else group.push(errand)
    }
    await Promise.all(
      [...byHost].map(async ([link, group]) => {
        const answered = await sendTogether(link, group)
        for (const [at, { index }] of group.entries()) replies[index] = answered[at] ?? lost()
      }),
    )
  }

  return {
    async send(commands) {
      const { Command } = await loadClient('ioredis')
      const slots = await findOwners()
      const replies: RedisReply[] = []
      let errands = commands.map(({ key, command }, index): Errand => {
        const host = slots[new Command('get', [key]).getSlot()]
        if (host === undefined) throw new Error("CLUSTERDOWN a slot is nobody's")
        return { key, command, index, host, asking: false }
      })
      for (let round = 0; errands.length > 0 && round < MAX_REDIRECTIONS; round++) {
        await sendAll(errands, replies)
        errands = errands.flatMap(errand => redirect(errand, replies[errand.index]) ?? [])
      }
      if (replies.some(isOutdated)) owners = undefined
      return replies
    },
    async openLinks() {
      const hosts = new Set(await findOwners())
      return await Promise.all([...hosts].map(host => linkTo(host).borrow()))
    },
    cut: opened.cut,
  }
}

async function sendTogether(link: KeptLink, errands: readonly Errand[]): Promise<readonly RedisReply[]> {
  try {
    const open = await link.borrow()
    const replies = await open.send(
      errands.flatMap(({ command, asking }): RedisCommand[] => (asking ? [['asking'], command] : [command])),
    )
    let at = 0
    return errands.map(({ asking }) => {
      at += asking ? 2 : 1
      return replies[at - 1] ?? lost()
    })
  } catch (error) {
    // Nothing was sent to this node. Other nodes got their commands.
    return errands.map(() => ({ outcome: 'refused', error: isError(error) ? error : new Error(String(error)) }))
  }
}

function redirect(errand: Errand, reply: RedisReply | undefined): Errand | undefined {
  if (reply?.outcome !== 'refused') return undefined
  const [, kind, host, port] = REDIRECTION.exec(reply.error.message) ?? []
  if (kind === undefined) return undefined
  // A redirection without a name leads to the host that was asked.
  const to = { host: host === undefined || host === '' ? errand.host.host : host, port: Number(port) }
  return { ...errand, host: to, asking: kind === 'ASK' }
}

/** Whether the reply shows that the known owners of slots may be out of date. */
function isOutdated(reply: RedisReply): boolean {
  return (
    reply.outcome === 'lost' || (reply.outcome === 'refused' && (isElsewhere(reply.error) || 'code' in reply.error))
  )
}

function lost(): RedisReply {
  return { outcome: 'lost', error: new Error('Connection is closed.') }
}

/** Returns the master of each slot, according to the first of the hosts that answers. */
async function loadOwners(
  hosts: readonly Host[],
  linkTo: (host: Host) => KeptLink,
  opened: RedisLinks,
): Promise<readonly Host[]> {
  const { cuts } = opened
  let failure: unknown
  for (const host of hosts) {
    if (opened.cuts !== cuts) break
    try {
      const link = await linkTo(host).borrow()
      const [ranges] = toValues(await link.send([['cluster', 'SLOTS']]))
      return toOwners(ranges, host)
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

function toOwners(ranges: unknown, asked: Host): readonly Host[] {
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
