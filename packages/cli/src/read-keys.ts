import { readFileSync } from 'node:fs'
import { checkEnvironment, KeyRing, OsprofilerError } from '@osprofiler/core'

/** Where keys can come from on the command line. */
export interface KeyOptions {
  readonly hmacKeyFile?: string
  readonly hmacKey?: string
}

/**
 * The key to sign with: the first of the file that the options name (`-`: standard input), or else of the environment.
 *
 * @throws OsprofilerError `ERR_NO_KEYS`, `ERR_CONFIGURATION`; no message holds a key
 */
export function readSigningKey(options: KeyOptions): string {
  const { text, source } = readKeys(options)
  const ring = new KeyRing(text.replace(/[\r\n]+/g, ','))
  // A ring gives a key for a signature of it alone, and signs with the first one.
  const key = ring.size === 0 ? undefined : ring.verify(source ?? '', ring.sign(source ?? ''))
  if (key !== undefined) return key
  throw new OsprofilerError(
    'ERR_NO_KEYS',
    source === undefined
      ? 'There is no HMAC key to sign with. Set OSPROFILER_HMAC_KEYS or OSPROFILER_HMAC_KEYS_FILE, or use --hmac-key-file.'
      : `There is no HMAC key in ${source}.`,
  )
}

function readKeys({ hmacKeyFile, hmacKey }: KeyOptions): { text: string; source?: string } {
  if (hmacKeyFile !== undefined && hmacKey !== undefined) {
    throw new OsprofilerError('ERR_CONFIGURATION', 'Give --hmac-key-file or --hmac-key, not both.')
  }
  if (hmacKeyFile !== undefined) return readKeysFrom(hmacKeyFile)
  if (hmacKey !== undefined) {
    process.stderr.write(
      'warning: with --hmac-key, other users of this machine and the history of the shell can see the key. Use --hmac-key-file, or OSPROFILER_HMAC_KEYS.\n',
    )
    return { text: hmacKey, source: '--hmac-key' }
  }
  checkEnvironment()
  const { OSPROFILER_HMAC_KEYS: keys, OSPROFILER_HMAC_KEYS_FILE: file } = process.env
  if (keys) return { text: keys, source: 'OSPROFILER_HMAC_KEYS' }
  return file ? readKeysFrom(file) : { text: '' }
}

function readKeysFrom(file: string): { text: string; source: string } {
  const source = file === '-' ? 'standard input' : `the file ${file}`
  try {
    return { text: readFileSync(file === '-' ? 0 : file, 'utf8'), source }
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? cause.code : cause
    throw new OsprofilerError('ERR_CONFIGURATION', `Cannot read the HMAC keys from ${source}: ${reason}.`, { cause })
  }
}
