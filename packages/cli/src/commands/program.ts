import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { ownFile } from '../output/own-file.js'
import { CURL_JSON } from '../request/curl-json.js'
import { isCurlOption } from './curl-option-names.js'
import { keyNewCommand } from './key-new.js'
import { runCommand } from './run.js'
import { traceDeleteCommand } from './trace-delete.js'
import { traceDiffCommand } from './trace-diff.js'
import { traceListCommand } from './trace-list.js'
import { tracePruneCommand } from './trace-prune.js'
import { traceShowCommand } from './trace-show.js'
import { uiCommand } from './ui.js'

const EXAMPLES = `
Examples:
  osprofiler key new --out key                                 a key, which the services need too
  osprofiler run http://127.0.0.1:3000/ --hmac-key-file key    where did the time of this request go?
  osprofiler trace list --since 1h                             what was traced in the last hour
  osprofiler trace show 0199c0de-7000-7abc-8def-0123456789ab   one of them

Environment: OSPROFILER_HMAC_KEYS or OSPROFILER_HMAC_KEYS_FILE, OSPROFILER_CONNECTION_STRING, NO_COLOR.
"osprofiler COMMAND --help" tells more.`

/** Creates the command with all its subcommands. Each subcommand loads its code when it runs. */
export function createProgram(): Command {
  const program = new Command('osprofiler')
    .description('Sign a request, see in which service its time went.')
    .version(packageVersion(), '-v, --version')
    // Options after a subcommand belong to the subcommand: `run` takes -v as curl does.
    .enablePositionalOptions()
    .helpCommand(false)
    .addHelpText('after', EXAMPLES)
  program.addCommand(runCommand())
  program.addCommand(
    group(
      'trace',
      'show, list, compare and remove traces',
      traceShowCommand(),
      traceListCommand(),
      traceDiffCommand(),
      traceDeleteCommand(),
      tracePruneCommand(),
    ),
  )
  program.addCommand(uiCommand())
  program.addCommand(group('key', 'make keys', keyNewCommand()))
  nameKnownCommands(program)
  return program
}

function group(name: string, description: string, ...commands: readonly Command[]): Command {
  const parent = new Command(name).description(description).helpCommand(false)
  for (const command of commands) parent.addCommand(command)
  return parent
}

function nameKnownCommands(program: Command): void {
  const known = listCommands(program)
  for (const command of [program, ...program.commands]) {
    command.configureOutput({
      outputError: (message, write) => {
        write(withoutValue(message))
        if (command.name() === 'run') write(explainCurlOption(message))
        if (message.startsWith('error: unknown command')) write(`Known commands: ${known.join(', ')}\n`)
      },
    })
  }
}

/** Cuts the value off an unknown option, because it may be a secret, as in `-Ume:secret`. */
function withoutValue(message: string): string {
  return message.replace(/^(error: unknown option '(?:--[\w.-]+|-[^-]))[\s\S]*?'$/m, "$1'")
}

function explainCurlOption(message: string): string {
  const [, option = ''] = /^error: unknown option '(--[\w.-]+|-[^-])/.exec(message) ?? []
  if (option === '--json') return `${CURL_JSON}\n`
  return isCurlOption(option)
    ? `${option} is an option of curl that run lacks. Leave it out if the request needs none.\n`
    : ''
}

function listCommands(program: Command): string[] {
  return program.commands.flatMap(command =>
    command.commands.length === 0 ? command.name() : listCommands(command).map(name => `${command.name()} ${name}`),
  )
}

function packageVersion(): string {
  return JSON.parse(readFileSync(ownFile('package.json'), 'utf8')).version
}
