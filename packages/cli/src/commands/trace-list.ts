import { Command } from 'commander'
import type { ListOptions } from '../list/find-traces.js'
import { parseCount, parseMilliseconds, parseStatus, parseSwitch } from './parse-option.js'
import { parseSince } from './parse-since.js'
import { addStoreOptions } from './show-options.js'

/** Creates the command `osprofiler trace list`, which lists the traces of a store. */
export function createTraceListCommand(): Command {
  const command = new Command('list')
    .description('list the traces of the store, newest first')
    .option('--error-trace [switch]', 'list only traces in which something failed', parseSwitch)
    .option('--limit <count>', 'list at most this many traces', parseCount, 100)
    .option(
      '--since <time>',
      'list only traces that began after this time: 90s, 30m, 1h or 2d ago, or a date and time (UTC)',
      parseSince,
    )
    .option('--name <name>', 'list only traces whose first point has this name, such as request')
    .option('--service <name>', 'list only traces that began in this service')
    .option('--slowest', 'list the slowest traces first')
    .option('--status <status>', 'list only traces with this status: 404, 5xx, or error for any failure', parseStatus)
    .option('--min-ms <ms>', 'list only traces that took at least this long', parseMilliseconds)
    .option(
      '--search <count>',
      'how many of the newest traces the options --slowest, --status and --min-ms search',
      parseCount,
      10_000,
    )
    .option('--json', 'write the list as JSON')
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
