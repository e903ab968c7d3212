import { X509Certificate } from 'node:crypto'
import type { Trust } from './connection.js'
import { createRequestError } from './create-request-error.js'
import type { CurlOptions } from './parse-request.js'
import { readRequestFile } from './read-request-file.js'

/**
 * Returns which certificates to trust. As with curl, `--cacert` replaces all known authorities, and `--insecure` trusts
 * every certificate, regardless of other options. Throws `ERR_CONFIGURATION` if the file contains no certificate.
 */
export function readTrust({ insecure = false, cacert }: CurlOptions): Trust {
  const rejectUnauthorized = !insecure
  if (cacert === undefined) return { rejectUnauthorized }
  const ca = readRequestFile('the authorities', cacert)
  try {
    // This constructor throws for a file without a certificate. Node accepts such a file, and then trusts no server.
    new X509Certificate(ca)
  } catch {
    throw createRequestError(
      `There is no certificate in ${cacert}. --cacert needs PEM (-----BEGIN CERTIFICATE-----). Convert DER with: openssl x509 -inform der.`,
    )
  }
  return { ca, rejectUnauthorized }
}
