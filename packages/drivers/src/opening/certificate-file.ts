import { readRegularFile } from '@osprofiler/core/toolkit'

/** A system's list of trusted authorities has a few hundred kilobytes. */
const MAX_CERTIFICATE_BYTES = 4 * 1024 * 1024

/** Reads a file with certificates or a key, like `readRegularFile`. Error messages do not contain the path. */
export function readCertificateFile(path: string): Buffer {
  return readRegularFile(path, MAX_CERTIFICATE_BYTES)
}
