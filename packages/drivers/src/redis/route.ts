import type { RedisCommand, RedisLink, RedisReply } from './link.js'

/** A command, and the key that selects its server. */
export interface KeyedCommand {
  readonly key: string
  readonly command: RedisCommand
}

/** The connections to a store: to one server, to the servers of a Cluster, or to the current master of Sentinels. */
export interface RedisRoute {
  /** Sends each command to the server of its key, and resolves to the outcomes. Rejects if nothing was sent. */
  send(commands: readonly KeyedCommand[]): Promise<readonly RedisReply[]>
  /** Opens a connection to each server that stores keys. Replicas do not count. */
  openLinks(): Promise<readonly RedisLink[]>
  destroy(): void
}

/** Returns the values of the replies. Throws if a command was refused or lost. */
export function toValues(replies: readonly RedisReply[]): unknown[] {
  return replies.map(reply => {
    if (reply.outcome === 'done') return reply.value
    throw reply.error
  })
}
