import { Command, Option } from 'commander'
import type { KeyNewOptions } from '../keys/create-key.js'

/** Creates the command `osprofiler key new`, which creates a random key. */
export function createKeyNewCommand(): Command {
  return new Command('new')
    .description('create a random key: 32 bytes, base64url')
    .addOption(new Option('--out <file>', 'write the key to a new file that only its owner can read').conflicts('env'))
    .option('--env', 'print a line for a .env file: OSPROFILER_HMAC_KEYS=...')
    .addHelpText(
      'after',
      `
Without an option, the key goes to standard output. An existing file is never overwritten, because services may need its
keys. Anyone who can verify with a key can also sign with it, so use a separate key for each trust zone, and keep each
key secret.

Examples:
  osprofiler key new --out key           then set OSPROFILER_HMAC_KEYS_FILE=key, or run URL --hmac-key-file key
  osprofiler key new --env >> .env       for node --env-file=.env, Docker Compose and systemd
  (umask 077; osprofiler key new > key)  if the shell creates the file`,
    )
    .action(async (options: KeyNewOptions) => {
      const { createKey } = await import('../keys/create-key.js')
      await createKey(options)
    })
}
