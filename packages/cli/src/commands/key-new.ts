import { Command } from 'commander'

/** `osprofiler key new` */
export function keyNewCommand(): Command {
  return new Command('new')
    .description('print a fresh random key: 32 bytes, base64url')
    .addHelpText(
      'after',
      `
Whoever can verify with a key can sign with it: give each zone of trust a key of its own, and keep it secret.

Example:
  (umask 077; osprofiler key new > key)`,
    )
    .action(async () => {
      const { randomBytes } = await import('node:crypto')
      process.stdout.write(`${randomBytes(32).toString('base64url')}\n`)
    })
}
