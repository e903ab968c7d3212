import { OsprofilerError } from '@osprofiler/core'

/** Creates the error for a request that cannot be sent as the command line describes it. */
export function createRequestError(message: string): OsprofilerError {
  return new OsprofilerError('ERR_CONFIGURATION', message)
}
