import { type Command, Option } from 'commander'
import type { ExportTarget } from '../show/output-format.js'
import { parseCount, parseMilliseconds, parseSeconds } from './parse-option.js'

const EXPORTS: readonly ExportTarget[] = ['perfetto', 'speedscope', 'otlp']

/** Adds the options for the format and target of a trace, and for the store that it comes from. */
export function addShowOptions(command: Command): Command {
  command
    .option('--json', "as JSON, the same as Python's")
    .option('--html', 'as a page that needs no network: waterfall, flame graph, statistics, search')
    .option('--dot', 'as a graph in the DOT language, as Python draws it')
    .option(
      '--render-dot <file>',
      'that graph as a picture: .svg, or .png with @resvg/resvg-wasm; Graphviz need not be installed',
    )
    .addOption(new Option('--export <tool>', 'for another tool: its timeline').choices(EXPORTS))
    .option('--out <file>', 'into a file, readable by its owner alone, instead of to the terminal')
    .option('--depth <levels>', 'so many levels of the tree', parseCount)
    .option('--min-ms <milliseconds>', 'only points of the tree that took so long', parseMilliseconds)
    .option('--filter <regex>', 'only points of the tree that this matches, with those that lead to them')
    .option('--service <name>', 'only points of the tree of this service, with those that lead to them')
    .option('--raw-times', 'times as the hosts recorded them: without it, clocks that differ are corrected')
  return addReadOptions(command)
}

/** Adds the options for the store that a trace is read from, and for when a trace is complete. */
export function addReadOptions(command: Command): Command {
  return addStoreOptions(command)
    .option('--transport-url <url>', "the message broker's URL (for a bare messaging:// only)")
    .option('--idle-timeout <seconds>', 'a trace is whole when nothing new has come for so long', parseSeconds)
}

/** Adds the option for the store that a command opens. */
export function addStoreOptions(command: Command): Command {
  return command.option(
    '--connection-string <string>',
    'the store; default: OSPROFILER_CONNECTION_STRING, or else sqlite://, the embedded one',
  )
}

/** Adds the option for an argument that is an id although it looks like a file. */
export function addIdOption(command: Command): Command {
  return command.option('--id', 'what is named is the id of a trace, also where a file has that name')
}

/** The help on how commands tell an id from a file. */
export const NAMING = `
Where there is a file of that name, the store is asked for such an id first, for a second. A leading ./ says that it is a
file, --id that it is an id, and - stands for standard input.`
