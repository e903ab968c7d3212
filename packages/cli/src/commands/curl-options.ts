import type { Command } from 'commander'
import type { BodyPart } from '../request/request-body.js'
import { parseSeconds } from './parse-option.js'

const BODY_OPTIONS: readonly (readonly [kind: BodyPart['kind'], flags: string, description: string])[] = [
  ['data', '-d, --data <body>', 'its body, or @FILE, or @- for standard input; several are joined by &'],
  ['data-raw', '--data-raw <body>', 'its body, also where that begins with @'],
  ['data-binary', '--data-binary <body>', 'its body; @FILE keeps line ends, which -d takes out'],
  ['data-urlencode', '--data-urlencode <body>', 'TEXT, NAME=TEXT, @FILE or NAME@FILE, encoded'],
  ['form', '-F, --form <part>', 'a part of multipart/form-data: NAME=TEXT, NAME=@FILE or NAME=<FILE'],
  ['form-string', '--form-string <part>', 'the same, where TEXT may begin with @ or <'],
]

/** Options in copied commands that have no effect here, because `run` shows the trace and never the answer. */
const WITHOUT_EFFECT = [
  ...['-s, --silent', '-S, --show-error', '-v, --verbose', '-i, --include', '-f, --fail', '-N, --no-buffer'],
  ...['-#, --progress-bar', '-L, --location', '-w, --write-out <format>'],
  ...['--fail-with-body', '--no-progress-meter'],
  // Node requires TLS 1.2 or later, reads no revocation lists, and --timeout limits how long a connection takes.
  ...['--tlsv1.2', '--ssl-no-revoke', '--connect-timeout <seconds>'],
  ...['--http1.0', '--http1.1', '--http2', '--http3'],
]

/** Adds curl's options, so that a request that a browser copied as a curl command can be sent as it is. */
export function addCurlOptions(command: Command): Command {
  command
    .option('--url <url>', 'the address, if it does not stand alone', collect)
    .option('-X, --request <method>', 'its method; default: GET, or POST where there is a body')
    .option('-I, --head', 'ask for the head of the answer alone')
    .option('-G, --get', 'put the data into the query of a GET')
    .option('-H, --header <header>', '"Name: value", "Name:" to leave one out, "Name;" for an empty one', collect)
    .option('-b, --cookie <cookies>', 'cookies, "NAME=VALUE; NAME=VALUE"', collect)
  for (const [kind, flags, description] of BODY_OPTIONS) {
    command.option(flags, description)
    // All of them share one list, because curl joins the parts of a body in the order in which they were given.
    command.on(`option:${kind}`, (text: string) => {
      const parts: readonly BodyPart[] = command.getOptionValue('body') ?? []
      command.setOptionValue('body', [...parts, { kind, text }])
    })
  }
  command
    .option('-u, --user <user:password>', 'basic authentication')
    .option('-A, --user-agent <name>', 'the User-Agent; default: osprofiler')
    .option('-e, --referer <url>', 'the Referer')
    .option('--compressed', 'say that the answer may be compressed')
    .option('-k, --insecure', 'take any certificate of the server')
    .option('--cacert <file>', 'trust the authorities of this file (PEM), and no others')
    .option('-m, --max-time <seconds>', 'give the answer up after so long', parseSeconds)
    .option('-g, --globoff', 'take \\[ and \\{ in the URL literally, with their backslash')
    .option('-o, --output <file>', "curl's, without effect: --out FILE writes the trace")
  const hidden = WITHOUT_EFFECT.map(flags => command.createOption(flags).hideHelp())
  for (const option of hidden) command.addOption(option)
  return command
}

function collect(value: string, values: readonly string[] = []): string[] {
  return [...values, value]
}
