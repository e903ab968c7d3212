import { readRegularFile } from '@osprofiler/core/toolkit'

/** Even a system's whole list of trusted authorities has only a few hundred kilobytes. */
const MAX_CERTIFICATE_BYTES = 4 * 1024 * 1024

/** Reads a file with certificates or a key, like `readRegularFile`. Error messages do not contain the path. */
export function readCertificateFile(path: string): Buffer {
  return readRegularFile(path, MAX_CERTIFICATE_BYTES)
}
