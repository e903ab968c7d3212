import type { RedisCommand, RedisLink, RedisReply } from './link.js'

/** A command, and the key by which the server that has it is found. */
export interface KeyedCommand {
  readonly key: string
  readonly command: RedisCommand
}

/** A way to a store that is one server, or those of a Cluster, or whichever Sentinels call the master. */
export interface RedisRoute {
  /** Sends each command to the server that has its key, and tells what became of each. Rejects where none was sent. */
  send(commands: readonly KeyedCommand[]): Promise<readonly RedisReply[]>
  /** A connection to each server that has keys of its own. */
  openLinks(): Promise<readonly RedisLink[]>
  /** Ends every connection at once. */
  cut(): void
}

/** The answers, where all commands were answered. Throws otherwise. */
export function toValues(replies: readonly RedisReply[]): unknown[] {
  return replies.map(reply => {
    if (reply.outcome === 'done') return reply.value
    throw reply.error
  })
}
