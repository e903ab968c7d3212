import { OsprofilerError } from '@osprofiler/core'
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

/**
 * As `readCertificateFile`, for the file that an option of a connection string names.
 *
 * @throws OsprofilerError `ERR_CONNECTION_STRING`
 */
export function readCertificateOption(name: string, path: string): Buffer {
  try {
    return readCertificateFile(path)
  } catch (cause) {
    const reason = (cause as Error).message
    throw new OsprofilerError('ERR_CONNECTION_STRING', `The file that ${name} names cannot be read: ${reason}.`, {
      cause,
    })
  }
}
