import { readFileSync } from 'node:fs'
import { OsprofilerError } from '@osprofiler/core'

/** The certificate, as PEM, in the file that `?ca=` names: of an authority to be trusted instead of those Node knows. */
export function readAuthority(path: string | undefined): string | undefined {
  if (path === undefined) return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new OsprofilerError('ERR_CONNECTION_STRING', 'The file that ca names cannot be read.', { cause })
  }
}
