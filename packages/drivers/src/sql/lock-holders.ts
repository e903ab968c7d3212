import { Map } from '@osprofiler/core/toolkit'
import { isFailure, SqlFailure } from './failure.js'

const MAX_NAMED_HOLDERS = 3

/** A session, or a transaction without a session, that may have locked a row or table that the driver needs. */
export interface LockHolder {
  /** The name of the session or transaction in the database, such as `connection 40`. */
  readonly name: string
  readonly user: string | undefined
  readonly host: string | undefined
  /** How long the transaction has been open, in seconds. */
  readonly seconds: number | undefined
  /** The statement with which an administrator can end the transaction. */
  readonly remedy: string
}

/** The sessions whose locks may block a statement of the driver, for an error message. */
export interface LockHolders {
  readonly holders: readonly LockHolder[]
  /** Whether each holder certainly has such a lock. If this is false, the holders are only candidates. */
  readonly areSure: boolean
  /**
   * Advice on how to find out more about the holders, such as "to see the owner, grant this user PROCESS". Set if the
   * user has no permission to see more, or if the server cannot show more.
   */
  readonly advice: string | undefined
}

interface Lockable {
  findHolders(ids: readonly number[] | undefined): Promise<LockHolders>
}

/** Runs `work`. If the lock of another session blocks the work, the error names this session. */
export async function withHoldersInErrors<Result>(store: Lockable, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof SqlFailure) || !isFailure(error, 'locked')) throw error
    const { message, code } = error
    throw new SqlFailure(message, code, 'locked', `is locked by ${await describeHolders(store, undefined)}`)
  }
}

/**
 * Describes which sessions have a lock and how to end their transactions. The text continues a sentence after "locked
 * by".
 */
export async function describeHolders(store: Lockable, ids: readonly number[] | undefined): Promise<string> {
  const found = await store.findHolders(ids).catch(() => undefined)
  if (found === undefined) return 'another transaction'
  const { areSure, advice } = found
  const holders = [...new Map(found.holders.map(holder => [holder.name, holder])).values()]
  const [first] = holders
  const hint = advice === undefined ? '' : ` (${advice})`
  if (first === undefined) return `a session that is not visible from here${hint}`
  const named =
    holders.slice(0, MAX_NAMED_HOLDERS).map(describeHolder).join(', ') +
    (holders.length > MAX_NAMED_HOLDERS ? ' and others' : '')
  if (areSure) return `${named}; end that transaction, or run ${first.remedy}`
  if (holders.length === 1) return `another transaction, perhaps of ${named}${hint}; end that transaction`
  return `another transaction, perhaps one of these: ${named}${hint}; end the one that has the lock`
}

function describeHolder({ name, user, host, seconds }: LockHolder): string {
  const owner = user === undefined ? [] : [host === undefined ? user : `${user}@${host}`]
  const since = seconds === undefined ? [] : [`in a transaction for ${seconds} s`]
  const details = [...owner, ...since].join(', ')
  return details === '' ? name : `${name} (${details})`
}
