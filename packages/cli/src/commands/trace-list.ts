import { Command } from 'commander'
import type { ListOptions } from '../list/find-traces.js'
import { parseCount, parseMilliseconds, parseStatus, parseSwitch } from './parse-option.js'
import { parseSince } from './parse-since.js'
import { addStoreOptions } from './show-options.js'

/** Creates the command `osprofiler trace list`, which lists the traces of a store. */
export function traceListCommand(): Command {
  const command = new Command('list')
    .description('list the traces of the store, newest first')
    .option('--error-trace [switch]', 'only those in which something failed', parseSwitch)
    .option('--limit <count>', 'at most so many', parseCount, 100)
    .option(
      '--since <time>',
      'only those that began since then: 90s, 30m, 1h, 2d, or a date and time (UTC)',
      parseSince,
    )
    .option('--name <name>', 'only those whose first point has this name, such as request')
    .option('--service <name>', 'only those that began in this service')
    .option('--slowest', 'the slowest first')
    .option('--status <status>', 'only those that answered so: 404, 5xx, or error for whatever failed', parseStatus)
    .option('--min-ms <ms>', 'only those that took so long', parseMilliseconds)
    .option('--search <count>', 'look for these three among so many of the newest', parseCount, 10_000)
    .option('--json', 'as a JSON list')
  return addStoreOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  osprofiler trace list --since 1h
  osprofiler trace list --error-trace --service gateway --limit 10
  osprofiler trace list --slowest --limit 10 --since 1d
  osprofiler trace list --status 5xx --min-ms 500
  osprofiler trace list --since 2026-03-01T12:00`,
    )
    .action(async (options: ListOptions) => {
      const { listTraces } = await import('../list/list-traces.js')
      await listTraces(options)
    })
}
