import { chmodSync, chownSync } from 'node:fs'
import { join } from 'node:path'
import type { Owner } from './find-owner.js'
import { runProgram } from './run-program.js'

/** The files of a self-signed certificate for 127.0.0.1 and localhost. */
export interface Certificate {
  readonly certificateFile: string
  readonly keyFile: string
}

/** Uses `openssl` to create a certificate in a folder. */
export async function makeCertificate(folder: string, owner?: Owner): Promise<Certificate> {
  const certificateFile = join(folder, 'certificate.pem')
  const keyFile = join(folder, 'key.pem')
  const kind = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  await runProgram('openssl', [...kind, ...names, '-keyout', keyFile, '-out', certificateFile])
  chmodSync(keyFile, 0o600)
  if (owner !== undefined) chownSync(keyFile, owner.uid, owner.gid)
  return { certificateFile, keyFile }
}
