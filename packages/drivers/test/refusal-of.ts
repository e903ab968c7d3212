import { OsprofilerError } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'

/** Returns the error with which a connection string is refused. Any other outcome fails the test. */
export function refusalOf(connectionString: string): OsprofilerError {
  try {
    openDriver(connectionString)
  } catch (error) {
    if (error instanceof OsprofilerError) return error
    throw error
  }
  throw new Error(`"${connectionString}" was accepted.`)
}
