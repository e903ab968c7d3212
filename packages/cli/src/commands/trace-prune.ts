import { Command } from 'commander'
import { parseSince } from '../parse-since.js'
import { addStoreOptions, type StoreOptions } from './show-options.js'

/** The options of `trace prune`. */
export interface PruneOptions extends StoreOptions {
  readonly olderThan: Date
}

/** `osprofiler trace prune` */
export function tracePruneCommand(): Command {
  const command = new Command('prune')
    .description('remove old traces from the store')
    .requiredOption(
      '--older-than <time>',
      'those of which nothing is younger: 90s, 30m, 12h, 7d, 2w, or a date and time (UTC)',
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
      const { pruneTraces } = await import('../remove-traces.js')
      await pruneTraces(options)
    })
}
