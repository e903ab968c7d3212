import { readRegularFile } from '@osprofiler/core/toolkit'

/**
 * Maximum size of a certificate file. A file with all authorities that a system trusts has only a few hundred
 * kilobytes.
 */
const MAX_CERTIFICATE_BYTES = 4 * 1024 * 1024

/** Reads a file with certificates or a key, like `readRegularFile`. Messages of errors do not contain the path. */
export function readCertificateFile(path: string): Buffer {
  return readRegularFile(path, MAX_CERTIFICATE_BYTES)
}
