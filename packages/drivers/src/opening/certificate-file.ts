import { readRegularFile } from '@osprofiler/core/toolkit'

/** A system's list of trusted authorities has some hundred kilobytes. */
const MAX_CERTIFICATE_BYTES = 4 * 1024 * 1024

/** Reads a file of certificates or of a key, like `readRegularFile`. The message of an error does not show the path. */
export function readCertificateFile(path: string): Buffer {
  return readRegularFile(path, MAX_CERTIFICATE_BYTES)
}
