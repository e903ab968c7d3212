import { Command } from 'commander'
import type { ShowOptions } from '../show/show-trace.js'
import { parseTraceName } from './parse-option.js'
import { addIdOption, addShowOptions, ID_OR_FILE_HELP } from './show-options.js'

/** Creates the command `osprofiler trace show`, which draws or exports a trace. */
export function createTraceShowCommand(): Command {
  const command = new Command('show')
    .description('show a trace: its tree, where the time went, and what to look at')
    .argument('<trace>', 'the id of a trace, or a file: JSON, a page, an export, or records (.jsonl)', parseTraceName)
    .option('--local-libs', "an option of Python's command, without effect here: the page never needs other files")
    .option('--follow', 'draw the trace while the request still runs, until the trace is complete')
  return addShowOptions(addIdOption(command))
    .addHelpText(
      'after',
      `${ID_OR_FILE_HELP}
With --idle-timeout, the command waits until no new record has come for that many seconds. Without --idle-timeout, it
shows the records that exist. With --follow, it waits until the trace is complete: the first point has stopped, no point
is open, and no new record has come for the time of --idle-timeout (default: 1 s).

Examples:
  osprofiler trace show 0199c0de-7000-7abc-8def-0123456789ab
  osprofiler trace show 0199c0de-7000-7abc-8def-0123456789ab --json --out trace.json
  osprofiler trace show trace.json
  osprofiler trace show trace.json --min-ms 5 --service orders
  osprofiler trace show trace.json --filter 'SELECT.* FROM items'
  osprofiler trace show trace.json --html --out trace.html
  osprofiler trace show trace.json --export perfetto --out perfetto.json`,
    )
    .action(async (trace: string, options: ShowOptions) => {
      const { showTrace } = await import('../show/show-trace.js')
      await showTrace(trace, options)
    })
}
