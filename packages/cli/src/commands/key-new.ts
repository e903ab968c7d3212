import { Command, Option } from 'commander'
import type { KeyNewOptions } from '../keys/new-key.js'

/** Creates the command `osprofiler key new`, which makes a random key. */
export function keyNewCommand(): Command {
  return new Command('new')
    .description('make a fresh random key: 32 bytes, base64url')
    .addOption(
      new Option('--out <file>', 'write the key to a new file, which its owner alone can read').conflicts('env'),
    )
    .option('--env', 'print a line for a .env file: OSPROFILER_HMAC_KEYS=...')
    .addHelpText(
      'after',
      `
Without an option, the key goes to standard output. A file that exists is never overwritten: services may need its keys.
Whoever can verify with a key can sign with it: give each zone of trust a key of its own, and keep it secret.

Examples:
  osprofiler key new --out key           then OSPROFILER_HMAC_KEYS_FILE=key, or run URL --hmac-key-file key
  osprofiler key new --env >> .env       for node --env-file=.env, Docker Compose and systemd
  (umask 077; osprofiler key new > key)  where a shell makes the file`,
    )
    .action(async (options: KeyNewOptions) => {
      const { newKey } = await import('../keys/new-key.js')
      await newKey(options)
    })
}
