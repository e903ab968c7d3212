import { Command } from 'commander'
import type { DiffOptions } from '../diff/diff-traces.js'
import { parseShare, parseTraceName } from './parse-option.js'
import { addIdOption, addReadOptions, NAMING } from './show-options.js'

/** Creates the command `osprofiler trace diff`, which compares two traces. */
export function traceDiffCommand(): Command {
  const command = new Command('diff')
    .description('compare two traces: what became slower or faster, what is new or gone')
    .argument('<before>', 'the id of a trace, or a file as "trace show" takes it', parseTraceName)
    .argument('<after>', 'another one', parseTraceName)
    .option('--json', 'as JSON')
    .option('--out <file>', 'into a file, readable by its owner alone, instead of to the terminal')
    .option('--fail-on <percent>', 'end with 2 where the request became slower by more than this', parseShare)
  return addReadOptions(addIdOption(command))
    .addHelpText(
      'after',
      `${NAMING}
A file of records (.jsonl) may hold many traces, as "osprofiler run -n 20 --save-baseline FILE" writes them: points are
aligned by their paths, and medians compared. The exit code is 0, or 1 for a failure, or 2 for what --fail-on asks.

Examples:
  osprofiler trace diff before.json after.json
  osprofiler trace diff baseline.jsonl 0199c0de-7000-7abc-8def-0123456789ab --fail-on 10%`,
    )
    .action(async (before: string, after: string, options: DiffOptions) => {
      const { diffTraces } = await import('../diff/diff-traces.js')
      process.exitCode = await diffTraces(before, after, options)
    })
}
