import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { KeyRing, OsprofilerError } from '@osprofiler/core'
import {
  checkEnvironment,
  decodeKeyText,
  findKeyRisks,
  type KeySource,
  splitKeyText,
  toShownPath,
} from '@osprofiler/core/toolkit'
import { codeOf, messageOf } from '../output/create-failure.js'
import { printRemarks } from '../output/print-remarks.js'

/** The options that name the source of the keys. */
export interface KeyOptions {
  readonly hmacKeyFile?: string
  readonly hmacKey?: string
}

/** Maximum size of a key file. The key files of services have the same limit. */
const MAX_KEY_FILE_BYTES = 64 * 1024

/**
 * Returns the key to sign with. It is the first key in the file that the options name (`-` for standard input), or else
 * the first key in the environment. Prints a warning to standard error about weak keys. Throws `ERR_NO_KEYS` or
 * `ERR_CONFIGURATION`. No error message contains a key.
 */
export function readSigningKey(options: KeyOptions): string {
  const found = findKeys(options)
  if (found === undefined) {
    throw new OsprofilerError(
      'ERR_NO_KEYS',
      'There is no HMAC key to sign with. Set OSPROFILER_HMAC_KEYS or OSPROFILER_HMAC_KEYS_FILE, or use --hmac-key-file.',
    )
  }
  const keys = splitKeys(found)
  const [key] = keys
  if (key === undefined) throw new OsprofilerError('ERR_NO_KEYS', `There is no HMAC key in ${found.source}.`)
  printRemarks(...findKeyRisks(keys, found).map(({ message }) => `warning: ${message}`))
  return key
}

interface FoundKeys extends KeySource {
  readonly text: string
}

function splitKeys({ text, source }: FoundKeys): readonly string[] {
  try {
    const keys = splitKeyText(text)
    // The constructor throws for keys that services reject.
    new KeyRing(keys)
    return keys
  } catch (cause) {
    const reason = messageOf(cause)
    throw new OsprofilerError('ERR_CONFIGURATION', `Cannot use the HMAC keys in ${source}: ${reason}.`, { cause })
  }
}

function findKeys({ hmacKeyFile, hmacKey }: KeyOptions): FoundKeys | undefined {
  if (hmacKeyFile !== undefined && hmacKey !== undefined) {
    throw new OsprofilerError('ERR_CONFIGURATION', 'Give --hmac-key-file or --hmac-key, not both.')
  }
  if (hmacKeyFile !== undefined) return readKeysFrom(hmacKeyFile)
  if (hmacKey !== undefined) {
    printRemarks(
      'warning: with --hmac-key, other users of this machine and the history of the shell can see the key. Use --hmac-key-file, or OSPROFILER_HMAC_KEYS.',
    )
    return { text: hmacKey, source: '--hmac-key' }
  }
  checkEnvironment()
  const { OSPROFILER_HMAC_KEYS: keys, OSPROFILER_HMAC_KEYS_FILE: file } = process.env
  if (keys) return { text: keys, source: 'OSPROFILER_HMAC_KEYS' }
  return file ? readKeysFrom(file, toShownPath(file)) : undefined
}

/**
 * Reads keys from a file. The file may be a pipe: for `--hmac-key-file <(pass show shop/hmac-key)`, the shell passes
 * the name of a pipe.
 */
function readKeysFrom(file: string, shownAs = `the file ${file}`): FoundKeys {
  const source = file === '-' ? 'standard input' : shownAs
  try {
    const opened = file === '-' ? 0 : openSync(file, 'r')
    try {
      const stats = fstatSync(opened)
      const hasMode = file !== '-' && stats.isFile() && process.platform !== 'win32'
      return { text: decodeKeyText(readLimited(opened)), source, mode: hasMode ? stats.mode : undefined }
    } finally {
      if (file !== '-') closeSync(opened)
    }
  } catch (cause) {
    const reason = cause instanceof Error && !('code' in cause) ? cause.message : codeOf(cause)
    throw new OsprofilerError('ERR_CONFIGURATION', `Cannot read the HMAC keys from ${source}: ${reason}.`, { cause })
  }
}

function readLimited(file: number): Buffer {
  const bytes = Buffer.alloc(MAX_KEY_FILE_BYTES + 1)
  let length = 0
  for (let read = -1; read !== 0 && length < bytes.length; length += read) {
    read = readChunk(file, bytes, length)
  }
  if (length > MAX_KEY_FILE_BYTES) throw new Error(`it is longer than ${MAX_KEY_FILE_BYTES} bytes`)
  return bytes.subarray(0, length)
}

/** Reads a chunk. Returns 0 at the end of a pipe, although Windows reports this end as an error. */
function readChunk(file: number, bytes: Buffer, offset: number): number {
  try {
    return readSync(file, bytes, offset, bytes.length - offset, null)
  } catch (error) {
    if (codeOf(error) === 'EOF') return 0
    throw error
  }
}
