import type { PointInfo } from '@osprofiler/core'
import { Buffer, isError, Map, Math, Set } from '@osprofiler/core/toolkit'
import { hideValues } from '../../errors/hide-values.js'
import { errorName, recordWithMessage } from '../../errors/recorded-error.js'

/** Command that a client of Redis is about to send. */
export interface RedisCommand {
  readonly name: unknown
  readonly args: readonly unknown[]
}

const MAX_SHOWN_ARGUMENTS = 8
const MAX_SHOWN_COMMANDS = 10
const MAX_REMEMBERED = 1_000

// The second word of these commands is no value. It says what they do.
const CONTAINERS = new Set(
  'ACL CLIENT CLUSTER COMMAND CONFIG FUNCTION LATENCY MEMORY MODULE OBJECT PUBSUB SCRIPT SENTINEL SLOWLOG XGROUP XINFO'.split(
    ' ',
  ),
)
// Arguments of these commands, and the errors of servers about them, may contain passwords and programs.
const SEALED = new Set([
  '',
  ...'ACL AUTH CONFIG EVAL EVALSHA EVALSHA_RO EVAL_RO FCALL FCALL_RO FUNCTION HELLO MIGRATE MODULE SCRIPT SENTINEL'.split(
    ' ',
  ),
])
// These commands wait until another client has something for them, or for a time-out.
const BLOCKING = /^(?:B(?:[LR]POP|LMOVE|LMPOP|RPOPLPUSH|ZPOPM(?:IN|AX)|ZMPOP)|WAIT|WAITAOF)$/
const BLOCKING_READ = /^XREAD(?:GROUP)?$/

/** Describes a command with `?` for each argument. With `values`, adds arguments, except of commands in `SEALED`. */
export function redisInfo({ name, args }: RedisCommand, values: boolean): PointInfo {
  const kind = kindOf(name)
  if (values && !kind.sealed) return describe(kind, args, args)
  if (kind.varies || args.length > MAX_SHOWN_ARGUMENTS) return describe(kind, args)
  // A record copies the info, so commands with the same name and number of arguments may share it.
  kind.infos[args.length] ??= describe(kind, args)
  return kind.infos[args.length] as PointInfo
}

function describe(kind: Kind, args: readonly unknown[], params?: readonly unknown[]): PointInfo {
  const statement = writeStatement(kind, args)
  const db = { system: 'redis', statement, ...(params !== undefined && { params }) }
  return isBlocking(kind.name, args) ? { db, wait: { for: 'data' } } : { db }
}

/** Describes commands that are sent together, perhaps as a transaction, and their number. */
export function redisBatchInfo(commands: readonly RedisCommand[], transaction: boolean, values: boolean): PointInfo {
  const shown = commands.slice(0, MAX_SHOWN_COMMANDS).map(command => redisInfo(command, values).db as PointInfo)
  const rest = commands.length - shown.length
  const parts = [...shown.map(db => db.statement), ...(rest > 0 ? [`... ${rest} more`] : [])]
  const statement = (transaction ? ['MULTI', ...parts, 'EXEC'] : parts).join('; ')
  const batch = commands.length
  const params = values ? { params: shown.map(db => db.params ?? null) } : {}
  return { db: { system: 'redis', statement, ...params, batch } }
}

/** Returns the error as a point shows it, because servers repeat arguments in messages. */
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

interface Kind {
  /** In upper case. Empty for anything else than a name, such as a whole command line. */
  readonly name: string
  readonly sealed: boolean
  /** Whether the arguments matter for the description, and not only their number. */
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

// Classes of server errors in ioredis and in node-redis.
const REPLIES = new Set(['BlobError', 'ErrorReply', 'ReplyError', 'SimpleError'])
// Codes that are shown. An error of a script can be any text.
const CODES =
  /^(?:ERR|WRONG(?:TYPE|PASS)|NO(?:AUTH|PERM|SCRIPT|PROTO|REPLICAS)|OOM|READONLY|BUSY(?:KEY)?|LOADING|EXECABORT|CROSSSLOT|CLUSTERDOWN|TRYAGAIN|IOERR|UNKILLABLE)\b/

function errorCode(message: string): string {
  return CODES.exec(message)?.[0] ?? ''
}
