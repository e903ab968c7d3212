import { X509Certificate } from 'node:crypto'
import type { Trust } from './connection.js'
import type { CurlOptions } from './parse-request.js'
import { readRequestFile } from './read-request-file.js'
import { wrongRequest } from './wrong-request.js'

/**
 * Reads from the options which certificates are trusted. As with curl, `--cacert` takes the place of all known
 * authorities, and `--insecure` trusts everything, whatever else is said.
 *
 * @throws OsprofilerError `ERR_CONFIGURATION` where the file holds no certificate
 */
export function readTrust({ insecure = false, cacert }: CurlOptions): Trust {
  const rejectUnauthorized = !insecure
  if (cacert === undefined) return { rejectUnauthorized }
  const ca = readRequestFile('the authorities', cacert)
  try {
    // Node passes over what is no certificate, and would then trust nobody.
    new X509Certificate(ca)
  } catch {
    throw wrongRequest(
      `There is no certificate in ${cacert}. --cacert wants PEM: -----BEGIN CERTIFICATE-----. For DER: openssl x509 -inform der.`,
    )
  }
  return { ca, rejectUnauthorized }
}
