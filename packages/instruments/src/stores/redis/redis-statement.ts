import type { PointInfo } from '@osprofiler/core'
import { Buffer, isError, Map, Math, Set } from '@osprofiler/core/toolkit'
import { hideValues } from '../../errors/hide-values.js'
import { getErrorName, recordWithMessage } from '../../errors/recorded-error.js'

/** Command that a client of Redis is about to send. */
export interface RedisCommand {
  readonly name: unknown
  readonly args: readonly unknown[]
}

const MAX_SHOWN_ARGUMENTS = 8
const MAX_SHOWN_COMMANDS = 10
const MAX_REMEMBERED_KINDS = 1_000

// The second word of these commands is no value. It says what they do.
const CONTAINER_COMMANDS = new Set(
  'ACL CLIENT CLUSTER COMMAND CONFIG FUNCTION LATENCY MEMORY MODULE OBJECT PUBSUB SCRIPT SENTINEL SLOWLOG XGROUP XINFO'.split(
    ' ',
  ),
)
// Arguments of these commands, and the errors of servers about them, may contain passwords and programs.
const SECRET_COMMANDS = new Set([
  '',
  ...'ACL AUTH CONFIG EVAL EVALSHA EVALSHA_RO EVAL_RO FCALL FCALL_RO FUNCTION HELLO MIGRATE MODULE SCRIPT SENTINEL'.split(
    ' ',
  ),
])
// These commands wait until another client has something for them, or for a time-out.
const BLOCKING_COMMAND = /^(?:B(?:[LR]POP|LMOVE|LMPOP|RPOPLPUSH|ZPOPM(?:IN|AX)|ZMPOP)|WAIT|WAITAOF)$/
const BLOCKING_READ_COMMAND = /^XREAD(?:GROUP)?$/

/** Describes a command with `?` for each argument. With `showsValues`, adds the arguments of commands without secrets. */
export function describeRedisCommand({ name, args }: RedisCommand, showsValues: boolean): PointInfo {
  const kind = findKind(name)
  if (showsValues && !kind.hasSecrets) return describeKind(kind, args, args)
  if (kind.dependsOnArguments || args.length > MAX_SHOWN_ARGUMENTS) return describeKind(kind, args)
  // A record copies the info, so commands with the same name and number of arguments may share it.
  kind.infos[args.length] ??= describeKind(kind, args)
  return kind.infos[args.length] as PointInfo
}

function describeKind(kind: CommandKind, args: readonly unknown[], params?: readonly unknown[]): PointInfo {
  const statement = writeStatement(kind, args)
  const db = { system: 'redis', statement, ...(params !== undefined && { params }) }
  return isBlocking(kind.name, args) ? { db, wait: { for: 'data' } } : { db }
}

/** Describes commands that are sent together, perhaps as a transaction, and their number. */
export function describeRedisBatch(
  commands: readonly RedisCommand[],
  isTransaction: boolean,
  showsValues: boolean,
): PointInfo {
  const shown = commands
    .slice(0, MAX_SHOWN_COMMANDS)
    .map(command => describeRedisCommand(command, showsValues).db as PointInfo)
  const restCount = commands.length - shown.length
  const parts = [...shown.map(db => db.statement), ...(restCount > 0 ? [`... ${restCount} more`] : [])]
  const statement = (isTransaction ? ['MULTI', ...parts, 'EXEC'] : parts).join('; ')
  const batch = commands.length
  const params = showsValues ? { params: shown.map(db => db.params ?? null) } : {}
  return { db: { system: 'redis', statement, ...params, batch } }
}

/** Returns the error as a point shows it, because servers repeat arguments in messages. */
export function redactRedisError(error: unknown, commands: readonly RedisCommand[], showsValues: boolean): unknown {
  if (!isError(error)) return error
  const hasSecrets = commands.some(command => findKind(command.name).hasSecrets)
  if (showsValues && !hasSecrets) return error
  const isServerError = SERVER_ERROR_NAMES.has(getErrorName(error))
  return recordWithMessage(
    error,
    hasSecrets && isServerError ? readErrorCode(error.message) : hideArguments(error.message, commands),
  )
}

interface CommandKind {
  /** In upper case. Empty for anything else than a name, such as a whole command line. */
  readonly name: string
  readonly hasSecrets: boolean
  /** Whether the arguments matter for the description, and not only their number. */
  readonly dependsOnArguments: boolean
  readonly infos: PointInfo[]
}

const kinds = new Map<string, CommandKind>()

function findKind(given: unknown): CommandKind {
  const text = typeof given === 'string' ? given : Buffer.isBuffer(given) ? given.toString() : ''
  const known = kinds.get(text)
  if (known !== undefined) return known
  const name = /^[a-z][\w.-]{0,39}$/i.test(text) ? text.toUpperCase() : ''
  const dependsOnArguments = CONTAINER_COMMANDS.has(name) || BLOCKING_READ_COMMAND.test(name)
  const kind = { name, hasSecrets: SECRET_COMMANDS.has(name), dependsOnArguments, infos: [] }
  if (kinds.size < MAX_REMEMBERED_KINDS && name !== '') kinds.set(text, kind)
  return kind
}

function writeStatement({ name }: CommandKind, args: readonly unknown[]): string {
  const innerName = CONTAINER_COMMANDS.has(name) && args.length > 0 ? findKind(args[0]).name : ''
  let statement = name === '' ? '?' : name
  if (innerName !== '') statement += ` ${innerName}`
  const hiddenCount = args.length - (innerName === '' ? 0 : 1)
  for (let shown = 0; shown < Math.min(hiddenCount, MAX_SHOWN_ARGUMENTS); shown++) statement += ' ?'
  return hiddenCount > MAX_SHOWN_ARGUMENTS ? `${statement} ... ${hiddenCount - MAX_SHOWN_ARGUMENTS} more` : statement
}

function isBlocking(name: string, args: readonly unknown[]): boolean {
  if (BLOCKING_COMMAND.test(name)) return true
  return (
    BLOCKING_READ_COMMAND.test(name) && args.slice(0, 6).some(arg => typeof arg === 'string' && /^block$/i.test(arg))
  )
}

function hideArguments(message: string, commands: readonly RedisCommand[]): string {
  const shown = message.replace(/(with args beginning with:).*$/s, '$1 ?').replace(/(['"`]).*\1/gs, '$1?$1')
  return hideValues(
    shown,
    commands.map(({ args }) => args),
  )
}

// Classes of server errors in ioredis and in node-redis.
const SERVER_ERROR_NAMES = new Set(['BlobError', 'ErrorReply', 'ReplyError', 'SimpleError'])
// Codes that are shown. An error of a script can be any text.
const SHOWN_ERROR_CODE =
  /^(?:ERR|WRONG(?:TYPE|PASS)|NO(?:AUTH|PERM|SCRIPT|PROTO|REPLICAS)|OOM|READONLY|BUSY(?:KEY)?|LOADING|EXECABORT|CROSSSLOT|CLUSTERDOWN|TRYAGAIN|IOERR|UNKILLABLE)\b/

function readErrorCode(message: string): string {
  return SHOWN_ERROR_CODE.exec(message)?.[0] ?? ''
}
