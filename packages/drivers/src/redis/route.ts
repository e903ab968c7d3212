import type { RedisCommand, RedisLink, RedisReply } from './link.js'

/** A command, and the key that selects its server. */
export interface KeyedCommand {
  readonly key: string
  readonly command: RedisCommand
}

/**
 * The connections to a store: to a single server, to the servers of a Cluster, or to the current master of the
 * Sentinels.
 */
export interface RedisRoute {
  /** Sends each command to the server of its key, and resolves to the outcomes. Rejects if no command was sent. */
  send(commands: readonly KeyedCommand[]): Promise<readonly RedisReply[]>
  /** Opens a connection to each server that stores keys, except replicas. */
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
