import type { Command } from 'commander'
import type { BodyPart } from '../request/request-body.js'
import { parseSeconds } from './parse-option.js'

const BODY_OPTIONS: readonly (readonly [kind: BodyPart['kind'], flags: string, description: string])[] = [
  ['data', '-d, --data <body>', 'the body, @FILE, or @- for standard input; several bodies are joined with &'],
  ['data-raw', '--data-raw <body>', 'the body, even if it begins with @'],
  ['data-binary', '--data-binary <body>', 'the body; @FILE keeps line breaks, which -d removes'],
  ['data-urlencode', '--data-urlencode <body>', 'a body to percent-encode: TEXT, NAME=TEXT, @FILE or NAME@FILE'],
  ['form', '-F, --form <part>', 'a part of multipart/form-data: NAME=TEXT, NAME=@FILE or NAME=<FILE'],
  ['form-string', '--form-string <part>', 'a part of multipart/form-data: NAME=TEXT, where TEXT may begin with @ or <'],
]

/** Options of curl that `run` accepts but ignores. A command that a browser copied may contain them. */
const IGNORED_OPTION_FLAGS = [
  ...['-s, --silent', '-S, --show-error', '-v, --verbose', '-i, --include', '-f, --fail', '-N, --no-buffer'],
  ...['-#, --progress-bar', '-L, --location', '-w, --write-out <format>'],
  ...['--fail-with-body', '--no-progress-meter'],
  // These options are not needed. Node requires TLS 1.2 or later and never checks revocation lists, and the time limit
  // of `--timeout` includes the time for connecting.
  ...['--tlsv1.2', '--ssl-no-revoke', '--connect-timeout <seconds>'],
  ...['--http1.0', '--http1.1', '--http2', '--http3'],
]

/** Adds curl's options, so that a request that a browser copied as a curl command can be sent unchanged. */
export function addCurlOptions(command: Command): Command {
  command
    .option('--url <url>', 'the URL, if it is not given as an argument', appendValue)
    .option('-X, --request <method>', 'the method; default: GET, or POST if there is a body')
    .option('-I, --head', 'send HEAD, which asks for the headers only')
    .option('-G, --get', 'send GET, with the data of -d in the query')
    .option(
      '-H, --header <header>',
      'a header: "Name: value", "Name:" to remove it, "Name;" for an empty value',
      appendValue,
    )
    .option('-b, --cookie <cookies>', 'cookies, "NAME=VALUE; NAME=VALUE"', appendValue)
  for (const [kind, flags, description] of BODY_OPTIONS) {
    command.option(flags, description)
    // All options for the body add to one list, because curl joins the parts of a body in the order of the command
    // line.
    command.on(`option:${kind}`, (text: string) => {
      const parts: readonly BodyPart[] = command.getOptionValue('body') ?? []
      command.setOptionValue('body', [...parts, { kind, text }])
    })
  }
  command
    .option('-u, --user <user:password>', 'basic authentication')
    .option('-A, --user-agent <name>', 'the User-Agent header; default: osprofiler')
    .option('-e, --referer <url>', 'the Referer header')
    .option('--compressed', 'accept a compressed answer')
    .option('-k, --insecure', 'accept any certificate of the server')
    .option('--cacert <file>', 'trust only the certificate authorities in this file (PEM)')
    .option('-m, --max-time <seconds>', 'stop waiting for the answer after this time', parseSeconds)
    .option('-g, --globoff', 'keep the backslash of \\[ and \\{ in the URL')
    .option('-o, --output <file>', "curl's option, ignored here: --out FILE writes the trace")
  const ignoredOptions = IGNORED_OPTION_FLAGS.map(flags => command.createOption(flags).hideHelp())
  for (const option of ignoredOptions) command.addOption(option)
  return command
}

function appendValue(value: string, values: readonly string[] = []): string[] {
  return [...values, value]
}
