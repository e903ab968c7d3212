import { Command } from 'commander'
import { addShowOptions, type ShowOptions } from './show-options.js'

/** `osprofiler trace show` */
export function traceShowCommand(): Command {
  const command = new Command('show')
    .description('show a trace: its tree, where the time went, and what to look at')
    .argument('<trace>', 'the id of a trace, or a file: a report (.json) or records (.jsonl)')
  return addShowOptions(command)
    .addHelpText(
      'after',
      `
With --idle-timeout it waits until nothing new has come for so many seconds; without, it shows what is there.

Examples:
  osprofiler trace show 0199c0de-7000-7abc-8def-0123456789ab
  osprofiler trace show 0199c0de-7000-7abc-8def-0123456789ab --json --out trace.json
  osprofiler trace show trace.json`,
    )
    .action(async (trace: string, options: ShowOptions) => {
      const { showTrace } = await import('../show-trace.js')
      await showTrace(trace, options)
    })
}
