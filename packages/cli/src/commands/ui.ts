import { Command } from 'commander'
import type { UiOptions } from '../ui/run-ui.js'
import { parsePort } from './parse-option.js'
import { addStoreOptions } from './show-options.js'

/** Creates the command `osprofiler ui`, which serves the pages of a store. */
export function uiCommand(): Command {
  const command = new Command('ui')
    .description('look at the traces of a store in the browser')
    .option('--port <port>', 'where to serve, on 127.0.0.1; default: any port that is free', parsePort)
  return addStoreOptions(command)
    .addHelpText(
      'after',
      `
It prints an address, which opens the pages in a browser on this machine. Whoever has the address can read the store:
do not pass it on. Ctrl-C ends it.

Examples:
  osprofiler ui
  osprofiler ui --port 8080 --connection-string sqlite:////var/lib/shop/traces.db`,
    )
    .action(async (options: UiOptions) => {
      const { runUi } = await import('../ui/run-ui.js')
      await runUi(options)
    })
}
