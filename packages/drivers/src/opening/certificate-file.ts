import { readRegularFile } from '@osprofiler/core/toolkit'

/** A list of all authorities that a system trusts has some hundred kilobytes. */
const MAX_BYTES = 4 * 1024 * 1024

/**
 * Reads a file of certificates or of their key. See `readRegularFile`.
 *
 * @throws Error whose message says why, without the path
 */
export function readCertificateFile(path: string): Buffer {
  return readRegularFile(path, MAX_BYTES)
}
