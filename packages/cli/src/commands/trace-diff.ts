import { Command } from 'commander'
import type { DiffOptions } from '../diff/diff-traces.js'
import { parseShare, parseTraceName } from './parse-option.js'
import { addIdOption, addReadOptions, ID_OR_FILE_HELP } from './show-options.js'

/** Creates the command `osprofiler trace diff`, which compares two traces. */
export function createTraceDiffCommand(): Command {
  const command = new Command('diff')
    .description('compare two traces: what became slower or faster, what is new or gone')
    .argument('<before>', 'the id of a trace, or a file that "trace show" can read', parseTraceName)
    .argument('<after>', 'the id or the file of the trace to compare with', parseTraceName)
    .option('--json', 'write the comparison as JSON')
    .option('--out <file>', 'write to a file that only its owner can read, instead of to the terminal')
    .option('--fail-on <percent>', 'exit with 2 if the request became slower by more than this', parseShare)
  return addReadOptions(addIdOption(command))
    .addHelpText(
      'after',
      `${ID_OR_FILE_HELP}
A file of records (.jsonl) may contain many traces: "osprofiler run -n 20 --save-baseline FILE" writes such a file.
Points are aligned by their paths in the tree, and medians are compared. The exit code is 2 if --fail-on found a
regression, 1 if the command failed, and otherwise 0.

Examples:
  osprofiler trace diff before.json after.json
  osprofiler trace diff baseline.jsonl 0199c0de-7000-7abc-8def-0123456789ab --fail-on 10%`,
    )
    .action(async (before: string, after: string, options: DiffOptions) => {
      const { diffTraces } = await import('../diff/diff-traces.js')
      process.exitCode = await diffTraces(before, after, options)
    })
}
