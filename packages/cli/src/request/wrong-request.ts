import { OsprofilerError } from '@osprofiler/core'

/** Says why a request cannot be sent as the command line describes it. */
export function wrongRequest(message: string): OsprofilerError {
  return new OsprofilerError('ERR_CONFIGURATION', message)
}
