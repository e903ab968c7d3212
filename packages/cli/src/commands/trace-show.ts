import { Command } from 'commander'
import type { ShowOptions } from '../show/show-trace.js'
import { parseTraceName } from './parse-option.js'
import { addIdOption, addShowOptions, NAMING } from './show-options.js'

/** Creates the command `osprofiler trace show`, which draws or exports a trace. */
export function traceShowCommand(): Command {
  const command = new Command('show')
    .description('show a trace: its tree, where the time went, and what to look at')
    .argument(
      '<trace>',
      'the id of a trace, or a file: whatever this command writes, or records (.jsonl)',
      parseTraceName,
    )
    .option('--local-libs', "as in Python's command; the page has all that it needs in itself, with or without")
    .option('--follow', 'draw it while the request still runs, until it is complete')
  return addShowOptions(addIdOption(command))
    .addHelpText(
      'after',
      `${NAMING}
With --idle-timeout it waits until nothing new has come for so many seconds; without, it shows what is there. With
--follow it waits until the trace is complete: its first point has stopped, none is open, and nothing new has come for
--idle-timeout (1 s).

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
