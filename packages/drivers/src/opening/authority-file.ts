import { readCertificateOption } from './certificate-file.js'

/** The certificate, as PEM, in the file that `?ca=` names: of an authority to be trusted instead of those Node knows. */
export function readAuthority(path: string | undefined): string | undefined {
  return path === undefined ? undefined : readCertificateOption('ca', path).toString('utf8')
}
