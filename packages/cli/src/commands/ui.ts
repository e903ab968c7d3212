import { Command } from 'commander'
import type { UiOptions } from '../ui/run-ui.js'
import { parsePort } from './parse-option.js'
import { addStoreOptions } from './show-options.js'

/** Creates the command `osprofiler ui`, which serves the pages of a store. */
export function createUiCommand(): Command {
  const command = new Command('ui')
    .description('show the traces of a store in the browser')
    .option('--port <port>', 'the port on 127.0.0.1; default: any free port', parsePort)
    .option(
      '--editor <pattern>',
      'the form of links to code, such as vscode://file/{root}/{file}:{line}; {root} is the current folder',
    )
  return addStoreOptions(command)
    .addHelpText(
      'after',
      `
The command prints an address, which opens the pages in a browser on this machine. Keep the address secret, because
anyone with the address can read the store. Ctrl-C ends the command.

Examples:
  osprofiler ui
  osprofiler ui --editor 'vscode://file/{root}/{file}:{line}'
  osprofiler ui --port 8080 --connection-string sqlite:////var/lib/shop/traces.db`,
    )
    .action(async (options: UiOptions) => {
      const { runUi } = await import('../ui/run-ui.js')
      await runUi(options)
    })
}
