import { OsprofilerError } from '@osprofiler/core'
import { Error, isError, Object, String } from '@osprofiler/core/toolkit'
import { DOCUMENTATION } from '../opening/documentation.js'
import type { RedisSettings } from './url.js'

type ShownSettings = Pick<RedisSettings, 'location' | 'product'>

/** Matches permanent refusals: the key has another type, or a value is too large. */
const PERMANENT_REFUSAL = /^WRONGTYPE |exceeds maximum allowed size|^ERR (?:Protocol error: )?invalid bulk length/

/**
 * Matches refusals by a server that is not, or not yet, the right server. For example, another server has become the
 * master or the owner of the keys.
 */
const OTHER_SERVER_REFUSAL = /^(?:READONLY|MOVED|ASK|TRYAGAIN|CLUSTERDOWN|MASTERDOWN|LOADING|UNBLOCKED) /

const REDIS_PAGE_URL = `${DOCUMENTATION}/stores/redis.md`

const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /^Sentinel: (?:WRONGPASS|NOAUTH|ERR invalid password)/,
    'the password of the Sentinels themselves is wrong or missing: see "?sentinel_password="',
  ],
  [/^(?:WRONGPASS|NOAUTH|ERR invalid password)/, 'the password is wrong or missing'],
  [/^NOPERM/, `the user may not run a command that the driver needs; see ${REDIS_PAGE_URL}#what-it-needs`],
  [/^ERR (?:DB index|invalid DB)/, 'it has no such database; see its setting "databases"'],
  [/^NOREPLICAS/, 'it has too few replicas to take writes; see its setting min-replicas-to-write'],
  [/Unknown RESP type|Protocol error, got/i, 'the server is not a Redis'],
  [/wrong version number|EPROTO/i, 'it does not speak TLS; use redis://'],
  [/^OOM/, 'it is full (maxmemory)'],
  [/^READONLY/, 'it is a replica, which takes no writes'],
  [/^MISCONF/, 'it cannot save to its disk, and takes no writes'],
  [/^LOADING/, 'it is loading its data'],
  [/^MOVED/, 'it belongs to a Cluster; add "?cluster=true" to the connection string'],
  [/^CLUSTERDOWN/, 'the Cluster is down'],
  [/^ERR unknown command 'sentinel'/i, 'it is not a Sentinel; use redis:// for the server itself'],
  [/cluster support disabled/, 'it does not belong to a Cluster; leave out "cluster=true"'],
  [
    /certificate|altnames/i,
    `its certificate is not trusted; see ssl_ca_certs and the other options for TLS in ${REDIS_PAGE_URL}#options`,
  ],
  [
    /^Connection is closed|ECONNRESET/,
    'it ended the connection, or gave no answer in time; does it speak TLS (rediss://), or not (redis://)?',
  ],
]

/** Matches the words that are replaced in advice for users of Valkey. Does not match the page name `redis.md`. */
const REDIS_WORDS = /\bRedis\b|\bredis(?=s?:\/\/)/g

/** Marks a refusal that comes from a Sentinel itself. The same refusal by the master has a different meaning. */
export function toSentinelRefusal(error: unknown): unknown {
  if (!isError(error) || error.name !== 'ReplyError') return error
  return new Error(`Sentinel: ${error.message}`)
}

/** Returns whether a refusal is permanent, so that the server would refuse the same record again. */
export function isPermanent({ message }: Error): boolean {
  return PERMANENT_REFUSAL.test(message)
}

/**
 * Returns whether the size of a single command may be the reason for a refusal. Redis also counts received data as used
 * memory, so a large command may exceed the memory limit by itself.
 */
export function mayConcernOneCommand({ message }: Error): boolean {
  return message.startsWith('OOM ')
}

/** Returns whether the server ends the connection after it refused a command with this error. */
export function endsConnection({ message }: Error): boolean {
  return message.startsWith('ERR Protocol error')
}

/**
 * Returns whether a server refused a command because another server is, or soon will be, responsible for the command.
 */
export function isForOtherServer({ message }: Error): boolean {
  return OTHER_SERVER_REFUSAL.test(message)
}

/**
 * Converts an error to an `OsprofilerError` for users of the driver. The `cause` contains the message of the server or
 * the system, but no command.
 */
export function toRedisError(settings: ShownSettings, error: unknown): unknown {
  const { message, code } = error as NodeJS.ErrnoException
  const said = firstLine(message)
  // The client's own error is not used as the `cause`, because it contains the login command with the password.
  const cause = Object.assign(new Error(said), code === undefined ? {} : { code })
  return new OsprofilerError('ERR_STORE', describeRefusal(settings, said), { cause })
}

/** Describes a refusal for users of the driver. Adds advice if the cause is known. */
export function describeRefusal({ location, product }: ShownSettings, message: string): string {
  const said = firstLine(message)
  const [, general] = ADVICE.find(([pattern]) => pattern.test(said)) ?? []
  const advice = product === 'Valkey' ? general?.replace(REDIS_WORDS, toValkeyWord) : general
  const isOfClient = /Unknown RESP type|Protocol error, got/i.test(said)
  const shown = advice === undefined ? said : isOfClient ? advice : `${advice} (${said})`
  return `The store "${location}" in ${product} cannot be used: ${shown}.`
}

function toValkeyWord(word: string): string {
  return word === 'Redis' ? 'Valkey' : 'valkey'
}

/** Returns the first line of a message. This line may contain an address, but never a command. */
function firstLine(message: unknown): string {
  const [line = ''] = String(message ?? '').split('\n', 1)
  return line.replace(/\.$/, '').slice(0, 200) || 'the connection was closed'
}
