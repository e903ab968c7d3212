import { Set, String } from '@osprofiler/core/toolkit'
import type { MongoClient } from 'mongodb'

/** Describes why no server can be used. The error of the client itself mentions only a timeout. */
export type DescribeUnreachable = () => string | undefined

/** Watches a client's heartbeats to find out why no server can be used. */
export function watchServers(client: MongoClient): DescribeUnreachable {
  const { replicaSet } = client.options
  const names = new Set<string>()
  let hasAnswered = false
  let failure: string | undefined
  client.on('serverHeartbeatSucceeded', ({ reply }) => {
    hasAnswered = true
    failure = undefined
    if (typeof reply.setName === 'string') names.add(reply.setName)
  })
  client.on('serverHeartbeatFailed', event => {
    failure = String(event.failure.message)
  })
  return () => {
    if (!replicaSet || !hasAnswered || names.has(replicaSet)) return failure
    const given = `replicaSet=${replicaSet} in the connection string is wrong`
    if (names.size === 0) return `${given}: the server is not a member of a replica set; leave out the option`
    return `${given}: the server is a member of the replica set ${[...names].map(name => `"${name}"`).join(', ')}`
  }
}
