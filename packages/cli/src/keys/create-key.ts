import { randomBytes } from 'node:crypto'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { codeOf } from '../output/create-failure.js'
import { printRemarks } from '../output/print-remarks.js'
import { createWriteError } from '../output/write-output.js'

/** Options of `osprofiler key new`. `out` and `env` cannot be used together. */
export interface KeyNewOptions {
  readonly out?: string
  readonly env?: boolean
}

/**
 * Creates a key of 32 random bytes in base64url. Prints the key, or writes it to the file `out`. Throws an Error if
 * this file already exists or cannot be written.
 */
export async function createKey({ out, env }: KeyNewOptions): Promise<void> {
  const key = randomBytes(32).toString('base64url')
  if (out === undefined) {
    process.stdout.write(env ? `OSPROFILER_HMAC_KEYS=${key}\n` : `${key}\n`)
    return
  }
  if (out === '') throw new Error('--out needs the name of a file.')
  if (out === '-') throw new Error('--out needs the name of a file. Without --out, the key goes to standard output.')
  await writeKey(out, key)
  printRemarks(
    `Wrote a key to ${out}, which only its owner can read.`,
    `Services read it with OSPROFILER_HMAC_KEYS_FILE=${resolve(out)}`,
    `This command reads it with: osprofiler run URL --hmac-key-file ${out}`,
  )
}

/** Writes the key to a new file. Never overwrites an existing file or the target of a link. */
async function writeKey(path: string, key: string): Promise<void> {
  const file = await createKeyFile(path)
  try {
    // The umask may have removed the owner's own permissions.
    await file.chmod(0o600)
    await file.writeFile(`${key}\n`)
    await file.sync()
  } catch (cause) {
    await rm(path, { force: true })
    throw createWriteError(path, cause)
  } finally {
    await file.close()
  }
}

async function createKeyFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600)
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') {
      throw new Error(`${path} already exists, and services may need its keys. Use another name.`, { cause })
    }
    throw createWriteError(path, cause)
  }
}
