import { OsprofilerError } from '@osprofiler/core'
import { readCertificateFile } from './certificate-file.js'

/** The certificate, as PEM, in the file that `?ca=` names: of an authority to be trusted instead of those Node knows. */
export function readAuthority(path: string | undefined): string | undefined {
  if (path === undefined) return undefined
  try {
    return readCertificateFile(path).toString('utf8')
  } catch (cause) {
    const reason = (cause as Error).message
    throw new OsprofilerError('ERR_CONNECTION_STRING', `The file that ca names cannot be read: ${reason}.`, { cause })
  }
}
