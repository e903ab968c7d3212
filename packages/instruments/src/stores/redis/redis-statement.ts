import type { PointInfo } from '@osprofiler/core'
import { Buffer, isError, Map, Math, Set } from '@osprofiler/core/toolkit'
import { hideValues } from '../../errors/hide-values.js'
import { getErrorName, recordWithMessage } from '../../errors/recorded-error.js'

/** A command that a Redis client is about to send. */
export interface RedisCommand {
  readonly name: unknown
  readonly args: readonly unknown[]
}

const MAX_SHOWN_ARGUMENTS = 8
const MAX_SHOWN_COMMANDS = 10
const MAX_REMEMBERED_KINDS = 1_000

// The second word of these commands is a subcommand, not a value.
const CONTAINER_COMMANDS = new Set(
  'ACL CLIENT CLUSTER COMMAND CONFIG FUNCTION LATENCY MEMORY MODULE OBJECT PUBSUB SCRIPT SENTINEL SLOWLOG XGROUP XINFO'.split(
    ' ',
  ),
)
// The arguments of these commands, and server errors about them, may contain passwords or scripts.
const SECRET_COMMANDS = new Set([
  '',
  ...'ACL AUTH CONFIG EVAL EVALSHA EVALSHA_RO EVAL_RO FCALL FCALL_RO FUNCTION HELLO MIGRATE MODULE SCRIPT SENTINEL'.split(
    ' ',
  ),
])
// These commands wait until another client provides data, or until a timeout.
const BLOCKING_COMMAND = /^(?:B(?:[LR]POP|LMOVE|LMPOP|RPOPLPUSH|ZPOPM(?:IN|AX)|ZMPOP)|WAIT|WAITAOF)$/
const BLOCKING_READ_COMMAND = /^XREAD(?:GROUP)?$/

/**
 * Describes a command with `?` for each argument. With `showsValues`, adds the arguments, except those of commands with
 * secrets.
 */
export function describeRedisCommand({ name, args }: RedisCommand, showsValues: boolean): PointInfo {
  const kind = findKind(name)
  if (showsValues && !kind.hasSecrets) return describeKind(kind, args, args)
  if (kind.dependsOnArguments || args.length > MAX_SHOWN_ARGUMENTS) return describeKind(kind, args)
  // Commands with the same name and number of arguments may share an info object, because each record gets a copy of
  // it.
  kind.infos[args.length] ??= describeKind(kind, args)
  return kind.infos[args.length] as PointInfo
}

function describeKind(kind: CommandKind, args: readonly unknown[], params?: readonly unknown[]): PointInfo {
  const statement = writeStatement(kind, args)
  const db = { system: 'redis', statement, ...(params !== undefined && { params }) }
  return isBlocking(kind.name, args) ? { db, wait: { for: 'data' } } : { db }
}

/** Describes commands that are sent together, perhaps as a transaction. The description includes their number. */
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

/** Returns the error that a point shows. Its message hides arguments, because servers repeat them in messages. */
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
  /** The name in uppercase. Empty if the given text is not a name, but for example an entire command line. */
  readonly name: string
  readonly hasSecrets: boolean
  /** Whether the description depends on the arguments, rather than only on their number. */
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

// The classes of server errors in ioredis and node-redis.
const SERVER_ERROR_NAMES = new Set(['BlobError', 'ErrorReply', 'ReplyError', 'SimpleError'])
// Error codes that are shown. Other codes are hidden, because a script can use any string as an error.
const SHOWN_ERROR_CODE =
  /^(?:ERR|WRONG(?:TYPE|PASS)|NO(?:AUTH|PERM|SCRIPT|PROTO|REPLICAS)|OOM|READONLY|BUSY(?:KEY)?|LOADING|EXECABORT|CROSSSLOT|CLUSTERDOWN|TRYAGAIN|IOERR|UNKILLABLE)\b/

function readErrorCode(message: string): string {
  return SHOWN_ERROR_CODE.exec(message)?.[0] ?? ''
}
