import { Command } from 'commander'
import type { RunOptions } from '../run/run-request.js'
import { addCurlOptions } from './curl-options.js'
import { parseCount, parseSeconds, parseShare } from './parse-option.js'
import { addShowOptions } from './show-options.js'

/** Creates the command `osprofiler run`, which sends a signed request and shows its trace. */
export function runCommand(): Command {
  const command = new Command('run')
    .description('sign a request, send it, and show its trace')
    .usage('[options] [curl] <url>')
    .argument('[words...]', 'where to send it: http:// or https://, perhaps after the word curl')
  addCurlOptions(command)
    .option('--hmac-key-file <file>', 'the file of the keys, or - for standard input; the first key signs')
    .option('--hmac-key <keys>', 'the keys themselves, which other users of this machine can see then')
    .option('-n, --times <count>', 'send so many, one after another, and show the slowest', parseCount, 1)
    .option('--save-baseline <file>', 'keep the records of all their traces (.jsonl), to compare others with')
    .option('--baseline <file>', 'compare their medians with those of this file instead of showing one')
    .option('--fail-on <percent>', 'with --baseline: end with 2 where the request became slower by more', parseShare)
    .option('--timeout <seconds>', 'give up after so long', parseSeconds, 30)
  return addShowOptions(command)
    .addHelpText(
      'after',
      `
A request that a browser copied as cURL is sent as it is: put "osprofiler run" before it. The options of curl mean what
they mean there, but for -n and --json. -s -S -v -i -f -N -# -L -w -o, and those for a version of HTTP, change nothing: run
shows the trace and not the answer, and sends HTTP/1.1.

Keys come from --hmac-key-file, or else OSPROFILER_HMAC_KEYS or OSPROFILER_HMAC_KEYS_FILE. The services that are to be
traced need the one that signs. Redirects are followed as long as they stay with the same scheme, host and port.
The trace goes to standard output, all else to standard error. The exit code is 0 only if the trace came complete, or 2
for what --fail-on asks.

Examples:
  osprofiler run http://127.0.0.1:3000/orders
  osprofiler run http://127.0.0.1:3000/orders -H 'Content-Type: application/json' -d '{"sku": 7}'
  osprofiler run curl 'https://shop.example/orders?page=2' -H 'Accept: application/json' --compressed --insecure
  osprofiler run http://127.0.0.1:3000/orders -n 20 --save-baseline before.jsonl
  osprofiler run http://127.0.0.1:3000/orders -n 20 --baseline before.jsonl --fail-on 10%
  pass show shop/hmac-key | osprofiler run http://127.0.0.1:3000/orders --hmac-key-file - --json > trace.json`,
    )
    .action(async (words: readonly string[], options: RunOptions) => {
      const { runRequest } = await import('../run/run-request.js')
      process.exitCode = await runRequest(words, options)
    })
}
