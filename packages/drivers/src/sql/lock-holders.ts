import { Map } from '@osprofiler/core/toolkit'
import { isFailure, SqlFailure } from './failure.js'

/** A session of the database that may have locked what we need. */
export interface LockHolder {
  /** The database's number for it. */
  readonly id: string
  readonly user: string | undefined
  readonly host: string | undefined
  /** How long its transaction has been open, in seconds. */
  readonly seconds: number | undefined
}

/** The sessions that may have locked something. */
export interface LockHolders {
  readonly holders: readonly LockHolder[]
  /** Whether these have locks for certain. Otherwise they are who else is at work on this database. */
  readonly areSure: boolean
  /** The statement that ends a session, with "ID" for its number. */
  readonly remedy: string
  /** The right that this user may lack to see everybody. */
  readonly right: string | undefined
}

/** A database that can be asked who has locked these rows, or the table. */
interface Lockable {
  findHolders(ids: readonly number[] | undefined): Promise<LockHolders>
}

/** Does something with the table. A lock of another session that keeps it from that is named. */
export async function namingHolders<Result>(store: Lockable, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof SqlFailure) || !isFailure(error, 'locked')) throw error
    const { message, code } = error
    throw new SqlFailure(message, code, 'locked', `is locked by ${await describeHolders(store, undefined)}`)
  }
}

/** Names the holder of a lock and says what ends the lock, to follow on "locked by". */
export async function describeHolders(store: Lockable, ids: readonly number[] | undefined): Promise<string> {
  const found = await store.findHolders(ids).catch(() => undefined)
  if (found === undefined) return 'another transaction'
  const { holders, areSure, remedy, right } = found
  const [first] = holders
  const hint = right === undefined ? '' : ` (${right} shows whose it is)`
  if (first === undefined) return `a transaction that this user does not see${hint}`
  const named = [...new Map(holders.map(holder => [holder.id, describe(holder)])).values()].join(', ')
  if (!areSure) return `another transaction, perhaps of ${named}${hint}; end that transaction`
  return `${named}; end that transaction, or run ${remedy.replace('ID', first.id)}`
}

function describe({ id, user, host, seconds }: LockHolder): string {
  const who = user === undefined ? [] : [host === undefined ? user : `${user}@${host}`]
  const since = seconds === undefined ? [] : [`in a transaction for ${seconds} s`]
  const details = [...who, ...since].join(', ')
  return details === '' ? `connection ${id}` : `connection ${id} (${details})`
}
