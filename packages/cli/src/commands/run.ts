import { Command, Option } from 'commander'
import type { RunOptions } from '../run/run-request.js'
import { addCurlOptions } from './curl-options.js'
import { parseCount, parseSeconds, parseShare, parseWhy } from './parse-option.js'
import { addShowOptions } from './show-options.js'

/** Creates the command `osprofiler run`, which sends a signed request and shows its trace. */
export function createRunCommand(): Command {
  const command = new Command('run')
    .description('sign a request, send it, and show its trace')
    .usage('[options] [curl] <url>')
    .argument('[words...]', 'the URL (http:// or https://); the word curl may come first')
  addCurlOptions(command)
    .option('--hmac-key-file <file>', 'the file with the keys, or - for standard input; the first key signs')
    .option('--hmac-key <keys>', 'the keys themselves; other users of this machine can see them')
    .option(
      '-n, --times <count>',
      'send the request this many times, one after another, and show the slowest',
      parseCount,
      1,
    )
    .addOption(
      new Option(
        '--why [level]',
        'ask services why they were slow: waits, or cpu (if they allow it); --why=cpu@orders asks only orders',
      )
        .preset('waits')
        .argParser(parseWhy),
    )
    .option('--save-baseline <file>', 'write the records of all traces to a file (.jsonl), for a later --baseline')
    .option('--baseline <file>', 'compare the medians with those of this file, instead of showing a trace')
    .option(
      '--fail-on <percent>',
      'with --baseline: exit with 2 if the request became slower by more than this',
      parseShare,
    )
    .option('--timeout <seconds>', 'stop waiting for the answer and the trace after this time', parseSeconds, 30)
  return addShowOptions(command)
    .addHelpText(
      'after',
      `
A request that a browser copied as cURL works unchanged: put "osprofiler run" before it. The options of curl have
curl's meaning, except -n and --json. The command ignores -s -S -v -i -f -N -# -L -w -o and the options for an HTTP
version, because it shows the trace, not the answer, and sends HTTP/1.1.

Keys come from --hmac-key-file, or else from OSPROFILER_HMAC_KEYS or OSPROFILER_HMAC_KEYS_FILE. The traced services need
the key that signs. Redirects are followed only to the same scheme, host and port.
The trace goes to standard output, and everything else to standard error. The exit code is 0 if the trace is complete,
2 if --fail-on found a regression, and otherwise 1.

Examples:
  osprofiler run http://127.0.0.1:3000/orders
  osprofiler run http://127.0.0.1:3000/orders -H 'Content-Type: application/json' -d '{"sku": 7}'
  osprofiler run curl 'https://shop.example/orders?page=2' -H 'Accept: application/json' --compressed --insecure
  osprofiler run http://127.0.0.1:3000/orders --why=cpu
  osprofiler run http://127.0.0.1:3000/orders -n 20 --save-baseline before.jsonl
  osprofiler run http://127.0.0.1:3000/orders -n 20 --baseline before.jsonl --fail-on 10%
  pass show shop/hmac-key | osprofiler run http://127.0.0.1:3000/orders --hmac-key-file - --json > trace.json`,
    )
    .action(async (words: readonly string[], options: RunOptions) => {
      const { runRequest } = await import('../run/run-request.js')
      process.exitCode = await runRequest(words, options)
    })
}
