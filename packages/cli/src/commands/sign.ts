import { Command } from 'commander'
import type { SignOptions } from '../sign/sign-url.js'
import { parseCount, parsePoints, parseTicketLifetime, parseWishes } from './parse-option.js'

/** Creates the command `osprofiler sign`, which prints the headers for a request that another program sends. */
export function createSignCommand(): Command {
  return new Command('sign')
    .description('print the signed headers of a request that another program sends')
    .argument('<url>', 'where the request goes: http:// or https://')
    .option('--hmac-key-file <file>', 'read the keys from a file, or from standard input with -; the first key signs')
    .option('--hmac-key <keys>', 'give the keys themselves, which other users of this machine can then see')
    .option('--json', 'print the headers as a JSON object')
    .option('--count <number>', 'print the headers of this many requests, as one JSON object per line', parseCount)
    .option('--points <number>', 'let each process record at most this many points (default: 100000)', parsePoints)
    .option(
      '--want <wishes>',
      'ask for more than the tree: answer, code, why=waits, why=cpu (default: answer,code)',
      parseWishes,
    )
    .option('--expires <seconds>', 'let the headers expire after 1 to 300 seconds (default: 60)', parseTicketLifetime)
    .addHelpText(
      'after',
      `
The headers go to standard output, one per line. The id of the trace, and the command that shows it, go to standard
error. Each set of headers is for one request, because its ticket works only once. A load tool needs --count.

Keys come from --hmac-key-file, or else from OSPROFILER_HMAC_KEYS or OSPROFILER_HMAC_KEYS_FILE.

Do not use curl -L with these headers, because curl would also send them to the hosts of redirects.

Examples:
  osprofiler sign http://127.0.0.1:3000/orders | curl -H @- http://127.0.0.1:3000/orders
  osprofiler sign http://127.0.0.1:3000/orders --json > headers.json
  osprofiler sign http://127.0.0.1:3000/orders --count 1000 --expires 300 > headers.jsonl`,
    )
    .action(async (url: string, options: SignOptions) => {
      const { signUrl } = await import('../sign/sign-url.js')
      await signUrl(url, options)
    })
}
