import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { resolveOwnFile } from '../output/resolve-own-file.js'
import { CURL_JSON } from '../request/curl-json.js'
import { isCurlOption } from './curl-option-names.js'
import { createKeyNewCommand } from './key-new.js'
import { createRunCommand } from './run.js'
import { createSignCommand } from './sign.js'
import { createTraceDeleteCommand } from './trace-delete.js'
import { createTraceDiffCommand } from './trace-diff.js'
import { createTraceListCommand } from './trace-list.js'
import { createTracePruneCommand } from './trace-prune.js'
import { createTraceShowCommand } from './trace-show.js'
import { createUiCommand } from './ui.js'

const EXAMPLES_HELP = `
Examples:
  osprofiler key new --out key                                 create a key, which the services also need
  osprofiler run http://127.0.0.1:3000/ --hmac-key-file key    show where the time of this request went
  osprofiler trace list --since 1h                             list what was traced in the last hour
  osprofiler trace show 0199c0de-7000-7abc-8def-0123456789ab   show one of these traces

Environment: OSPROFILER_HMAC_KEYS or OSPROFILER_HMAC_KEYS_FILE, OSPROFILER_CONNECTION_STRING, NO_COLOR.
Run "osprofiler COMMAND --help" for the options of a command.`

/** Creates the command with all its subcommands. Each subcommand loads its code only when it runs. */
export function createProgram(): Command {
  const program = new Command('osprofiler')
    .description('Sign a request and see in which service its time went.')
    .version(readPackageVersion(), '-v, --version')
    // Options after a subcommand belong to that subcommand, so `osprofiler run -v` passes curl's `-v` to `run`.
    .enablePositionalOptions()
    .helpCommand(false)
    .addHelpText('after', EXAMPLES_HELP)
  program.addCommand(createRunCommand())
  program.addCommand(createSignCommand())
  program.addCommand(
    createGroup(
      'trace',
      'show, list, compare and remove traces',
      createTraceShowCommand(),
      createTraceListCommand(),
      createTraceDiffCommand(),
      createTraceDeleteCommand(),
      createTracePruneCommand(),
    ),
  )
  program.addCommand(createUiCommand())
  program.addCommand(createGroup('key', 'create keys', createKeyNewCommand()))
  addErrorHints(program)
  return program
}

function createGroup(name: string, description: string, ...commands: readonly Command[]): Command {
  const parent = new Command(name).description(description).helpCommand(false)
  for (const command of commands) parent.addCommand(command)
  return parent
}

function addErrorHints(program: Command): void {
  const known = listCommandNames(program)
  for (const command of [program, ...program.commands]) {
    command.configureOutput({
      outputError: (message, write) => {
        write(removeOptionValue(message))
        if (command.name() === 'run') write(explainCurlOption(message))
        if (message.startsWith('error: unknown command')) write(`Known commands: ${known.join(', ')}\n`)
      },
    })
  }
}

/** Removes the value of an unknown option, because it may be a secret, as in `-Ume:secret`. */
function removeOptionValue(message: string): string {
  return message.replace(/^(error: unknown option '(?:--[\w.-]+|-[^-]))[\s\S]*?'$/m, "$1'")
}

function explainCurlOption(message: string): string {
  const [, option = ''] = /^error: unknown option '(--[\w.-]+|-[^-])/.exec(message) ?? []
  if (option === '--json') return `${CURL_JSON}\n`
  return isCurlOption(option)
    ? `${option} is an option of curl that "osprofiler run" does not support. Leave it out if the request does not need it.\n`
    : ''
}

function listCommandNames(program: Command): string[] {
  return program.commands.flatMap(command =>
    command.commands.length === 0 ? command.name() : listCommandNames(command).map(name => `${command.name()} ${name}`),
  )
}

function readPackageVersion(): string {
  return JSON.parse(readFileSync(resolveOwnFile('package.json'), 'utf8')).version
}
