import { Command } from 'commander'
import type { PruneOptions } from '../store/remove-traces.js'
import { parseSince } from './parse-since.js'
import { addStoreOptions } from './show-options.js'

/** Creates the command `osprofiler trace prune`, which removes old traces. */
export function createTracePruneCommand(): Command {
  const command = new Command('prune')
    .description('remove old traces from the store')
    .requiredOption(
      '--older-than <time>',
      'remove traces whose records are all older: 90s, 30m, 12h, 7d, 2w, or a date and time (UTC)',
      parseSince,
    )
  return addStoreOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  osprofiler trace prune --older-than 7d
  osprofiler trace prune --older-than 2026-03-01`,
    )
    .action(async (options: PruneOptions) => {
      const { pruneTraces } = await import('../store/remove-traces.js')
      await pruneTraces(options)
    })
}
