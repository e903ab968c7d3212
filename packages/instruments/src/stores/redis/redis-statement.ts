import type { PointInfo } from '@osprofiler/core'
import { Buffer, isError, Map, Math, Set } from '@osprofiler/core/toolkit'
import { hideValues } from '../../errors/hide-values.js'
import { errorName, recordWithMessage } from '../../errors/recorded-error.js'

/** A command as a client is about to send it. */
export interface RedisCommand {
  readonly name: unknown
  readonly args: readonly unknown[]
}

const MAX_SHOWN_ARGUMENTS = 8
const MAX_SHOWN_COMMANDS = 10
const MAX_REMEMBERED = 1_000

// Their second word says what they do, and is no value.
const CONTAINERS = new Set(
  'ACL CLIENT CLUSTER COMMAND CONFIG FUNCTION LATENCY MEMORY MODULE OBJECT PUBSUB SCRIPT SENTINEL SLOWLOG XGROUP XINFO'.split(
    ' ',
  ),
)
// Passwords and programs are among their arguments, or can be, and in what servers say of them.
const SEALED = new Set([
  '',
  ...'ACL AUTH CONFIG EVAL EVALSHA EVALSHA_RO EVAL_RO FCALL FCALL_RO FUNCTION HELLO MIGRATE MODULE SCRIPT SENTINEL'.split(
    ' ',
  ),
])
// They wait until somebody else has something for them, or until it is time.
const BLOCKING = /^(?:B(?:[LR]POP|LMOVE|LMPOP|RPOPLPUSH|ZPOPM(?:IN|AX)|ZMPOP)|WAIT|WAITAOF)$/
const BLOCKING_READ = /^XREAD(?:GROUP)?$/

/**
 * What a point says of a command: its name, and a `?` for each argument. The arguments themselves stand in `params`
 * where `values` asks for them, but never those of commands in which a password or a program may be.
 */
export function redisInfo({ name, args }: RedisCommand, values: boolean): PointInfo {
  const kind = kindOf(name)
  if (values && !kind.sealed) return describe(kind, args, args)
  if (kind.varies || args.length > MAX_SHOWN_ARGUMENTS) return describe(kind, args)
  // A record copies it, so that all commands of a name and a number of arguments may share it.
  kind.infos[args.length] ??= describe(kind, args)
  return kind.infos[args.length] as PointInfo
}

function describe(kind: Kind, args: readonly unknown[], params?: readonly unknown[]): PointInfo {
  const statement = writeStatement(kind, args)
  const db = { system: 'redis', statement, ...(params !== undefined && { params }) }
  return isBlocking(kind.name, args) ? { db, wait: { for: 'data' } } : { db }
}

/** The same of commands that are sent together, alone or as a transaction, and how many they are. */
export function redisBatchInfo(commands: readonly RedisCommand[], transaction: boolean, values: boolean): PointInfo {
  const shown = commands.slice(0, MAX_SHOWN_COMMANDS).map(command => redisInfo(command, values).db as PointInfo)
  const rest = commands.length - shown.length
  const parts = [...shown.map(db => db.statement), ...(rest > 0 ? [`... ${rest} more`] : [])]
  const statement = (transaction ? ['MULTI', ...parts, 'EXEC'] : parts).join('; ')
  const batch = commands.length
  const params = values ? { params: shown.map(db => db.params ?? null) } : {}
  return { db: { system: 'redis', statement, ...params, batch } }
}

/** The error of a command, or of several, as a point shows it: servers repeat arguments in what they say. */
export function redisFailure(error: unknown, commands: readonly RedisCommand[], values: boolean): unknown {
  if (!isError(error)) return error
  const sealed = commands.some(command => kindOf(command.name).sealed)
  if (values && !sealed) return error
  const answered = REPLIES.has(errorName(error))
  return recordWithMessage(
    error,
    sealed && answered ? errorCode(error.message) : hideArguments(error.message, commands),
  )
}

/** What is known of all commands of a name. */
interface Kind {
  /** In capitals; empty for what is no name: a whole command line in its place, say, with who knows what in it. */
  readonly name: string
  readonly sealed: boolean
  /** Whether what is said of it depends on its arguments, and not only on their number. */
  readonly varies: boolean
  readonly infos: PointInfo[]
}

const kinds = new Map<string, Kind>()

function kindOf(given: unknown): Kind {
  const text = typeof given === 'string' ? given : Buffer.isBuffer(given) ? given.toString() : ''
  const known = kinds.get(text)
  if (known !== undefined) return known
  const name = /^[a-z][\w.-]{0,39}$/i.test(text) ? text.toUpperCase() : ''
  const varies = CONTAINERS.has(name) || BLOCKING_READ.test(name)
  const kind = { name, sealed: SEALED.has(name), varies, infos: [] }
  if (kinds.size < MAX_REMEMBERED && name !== '') kinds.set(text, kind)
  return kind
}

function writeStatement({ name }: Kind, args: readonly unknown[]): string {
  const inner = CONTAINERS.has(name) && args.length > 0 ? kindOf(args[0]).name : ''
  let statement = name === '' ? '?' : name
  if (inner !== '') statement += ` ${inner}`
  const hidden = args.length - (inner === '' ? 0 : 1)
  for (let shown = 0; shown < Math.min(hidden, MAX_SHOWN_ARGUMENTS); shown++) statement += ' ?'
  return hidden > MAX_SHOWN_ARGUMENTS ? `${statement} ... ${hidden - MAX_SHOWN_ARGUMENTS} more` : statement
}

function isBlocking(name: string, args: readonly unknown[]): boolean {
  if (BLOCKING.test(name)) return true
  return BLOCKING_READ.test(name) && args.slice(0, 6).some(arg => typeof arg === 'string' && /^block$/i.test(arg))
}

function hideArguments(message: string, commands: readonly RedisCommand[]): string {
  const shown = message.replace(/(with args beginning with:).*$/s, '$1 ?').replace(/(['"`]).*\1/gs, '$1?$1')
  return hideValues(
    shown,
    commands.map(({ args }) => args),
  )
}

// The classes of what a server answered, in ioredis and in node-redis.
const REPLIES = new Set(['BlobError', 'ErrorReply', 'ReplyError', 'SimpleError'])
// Of scripts an error can be any text at all.
const CODES =
  /^(?:ERR|WRONG(?:TYPE|PASS)|NO(?:AUTH|PERM|SCRIPT|PROTO|REPLICAS)|OOM|READONLY|BUSY(?:KEY)?|LOADING|EXECABORT|CROSSSLOT|CLUSTERDOWN|TRYAGAIN|IOERR|UNKILLABLE)\b/

function errorCode(message: string): string {
  return CODES.exec(message)?.[0] ?? ''
}
